//! The sign-in's own pages.

mod callback;
mod sign_out;
mod start;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::site::Site;

/// All of them, at their paths inside the application.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(site: Arc<Site>) -> Router<S> {
    let path = |name: &str| format!("{}/{name}", site.path);
    Router::new()
        .route(&path("sign-in"), get(start::sign_in))
        .route(&path("callback"), get(callback::callback))
        .route(&path("sign-out"), post(sign_out::sign_out))
        .route(&path("session"), get(status::session))
        .with_state(site)
}
