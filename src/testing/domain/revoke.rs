use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::client_auth::{ClientError, client_of};
use super::params::Params;
use super::token::is_form;
use super::{json_response, lost, unavailable};
use crate::testing::backend::Backend;

/// `POST /oauth2/revoke`: 200 also for a token that nobody knows.
///
/// Source: [The token revocation endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html).
pub(super) async fn revoke(
    State(backend): State<Arc<Backend>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    backend.counters.count_revoke();
    if let Err(fault) = backend.faults.pass().await {
        return unavailable(fault);
    }
    let answer = answer(&backend, &headers, &body);
    if backend.faults.loses_answer() {
        return lost();
    }
    match answer {
        Ok(()) => StatusCode::OK.into_response(),
        Err((status, error)) => json_response(status, &json!({ "error": error })),
    }
}

fn answer(
    backend: &Backend,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), (StatusCode, &'static str)> {
    const INVALID_REQUEST: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "invalid_request");
    let form = Params::parse(body);
    if !is_form(headers) || form.has_duplicates() {
        return Err(INVALID_REQUEST);
    }
    let client = client_of(backend, headers, &form).map_err(|error| match error {
        ClientError::NotNamed => INVALID_REQUEST,
        ClientError::Rejected => (StatusCode::UNAUTHORIZED, "invalid_client"),
    })?;
    let token = form.get("token").ok_or(INVALID_REQUEST)?;
    if !client.revocation {
        return Err(INVALID_REQUEST);
    }
    // An access or an ID token has three parts.
    if token.split('.').count() == 3 {
        return Err((StatusCode::BAD_REQUEST, "unsupported_token_type"));
    }
    backend.directory().sessions.revoke(token, &client.id);
    Ok(())
}
