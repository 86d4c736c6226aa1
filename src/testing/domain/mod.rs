//! The domain of a user pool: what a browser and OAuth clients talk to.

mod authorize;
mod client_auth;
mod logout;
mod page;
mod params;
mod revoke;
mod token;
mod user_info;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;

use super::backend::Backend;
use super::faults::Fault;

/// The routes of the domain. Browsers of any origin may call the token, revoke and userInfo
/// endpoints, and no others.
pub(super) fn routes(backend: &Arc<Backend>) -> Router {
    let with_cors = Router::new()
        .route("/oauth2/token", post(token::token).options(preflight))
        .route("/oauth2/revoke", post(revoke::revoke).options(preflight))
        .route(
            "/oauth2/userInfo",
            get(user_info::user_info).post(user_info::user_info).options(preflight),
        )
        .layer(axum::middleware::map_response(allow_any_origin));
    Router::new()
        .route("/oauth2/authorize", get(authorize::authorize))
        .route("/login", get(authorize::login).post(authorize::choose))
        .route("/logout", get(logout::logout))
        .route("/error", get(page::error))
        .merge(with_cors)
        .with_state(Arc::clone(backend))
}

async fn allow_any_origin(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

async fn preflight() -> Response {
    const ALLOWED: [(HeaderName, &str); 2] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
    ];
    ALLOWED.into_response()
}

/// JSON as the domain answers it.
fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate"),
        (header::PRAGMA, "no-cache"),
        (header::EXPIRES, "0"),
    ];
    (status, headers, body.to_string()).into_response()
}

/// The answer of an endpoint with a fault.
pub(super) fn unavailable(fault: Fault) -> Response {
    match fault {
        Fault::Outage => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Throttled { retry_after } => {
            let seconds = retry_after.as_secs().to_string();
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)]).into_response()
        }
    }
}

/// An answer that never arrives: the connection ends before it.
pub(super) fn lost() -> Response {
    Body::new(Lost).into_response()
}

/// A body that fails before its first byte, which makes the server close the connection.
struct Lost;

impl HttpBody for Lost {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
