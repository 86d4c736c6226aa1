use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::endpoint::Endpoint;

/// The path of a pool's JWKS, as Cognito has it.
pub(super) fn of_pool(pool_id: &str, endpoint: Arc<Endpoint>) -> Router {
    let path = format!("/{pool_id}/.well-known/jwks.json");
    Router::new().route(&path, get(jwks)).with_state(endpoint)
}

async fn jwks(State(endpoint): State<Arc<Endpoint>>) -> Response {
    match endpoint.answer().await {
        Some(jwks) => ([(header::CONTENT_TYPE, "application/json")], jwks).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
