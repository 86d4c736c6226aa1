use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::clock::since_epoch;
use crate::sign_in::page;
use crate::sign_in::session::Session;
use crate::sign_in::sessions::{self, Found};
use crate::sign_in::site::Site;

/// `GET /auth/session`: who is signed in, for a program in the browser. It does not count as use.
pub(super) async fn session(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let found = match site.cookies.session(&headers) {
        Some(id) => site.sessions.find(&id, false).await,
        None => Found::None(None),
    };
    match found {
        Found::Session(active) => {
            let session = Session::new(Arc::clone(&site.sessions), active);
            answer(
                StatusCode::OK,
                &json!({
                    "signed_in": true,
                    "name": session.name(),
                    "expires_at": since_epoch(session.expires_at()).as_secs(),
                    "token_expires_at": session.token_expires_at().as_secs(),
                }),
            )
        }
        Found::None(_) => answer(StatusCode::OK, &json!({ "signed_in": false })),
        Found::Unavailable(_) => {
            let body = json!({ "error": "temporarily_unavailable" });
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, &body);
            let seconds = HeaderValue::from(sessions::RETRY_AFTER.as_secs());
            response.headers_mut().insert(RETRY_AFTER, seconds);
            response
        }
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    page::protect(response.headers_mut());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
