//! The API of user pools, as far as it takes no AWS signature.

mod error;
mod operations;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use self::error::{ApiError, ErrorType};
use super::backend::Backend;
use super::domain::{lost, unavailable};
use super::faults::Fault;
use super::uuid::uuid;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

/// `POST /`: the operation is named by `X-Amz-Target` (AWS JSON 1.1).
pub(super) async fn call(
    State(backend): State<Arc<Backend>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let operation = text("x-amz-target").and_then(|target| target.strip_prefix(TARGET_PREFIX));
    let operation = operation.unwrap_or_default();
    match operation {
        "GetTokensFromRefreshToken" | "InitiateAuth" => backend.counters.count_token(),
        "RevokeToken" => backend.counters.count_revoke(),
        _ => {}
    }
    match backend.faults.pass().await {
        Ok(()) => {}
        Err(Fault::Throttled { retry_after }) => {
            let error = ApiError::new(ErrorType::TooManyRequests, "Rate exceeded");
            let seconds = retry_after.as_secs().to_string();
            return ([(header::RETRY_AFTER, seconds)], error.into_response()).into_response();
        }
        Err(fault @ Fault::Outage) => return unavailable(fault),
    }
    let is_json = text(header::CONTENT_TYPE.as_str()) == Some(CONTENT_TYPE);
    let answer = match serde_json::from_slice::<Map<String, Value>>(&body) {
        Ok(input) if is_json => operations::carry_out(&backend, operation, &input),
        Ok(_) | Err(_) => Err(ApiError::new(ErrorType::Serialization, "")),
    };
    if backend.faults.loses_answer() {
        return lost();
    }
    match answer {
        Ok(output) => respond(StatusCode::OK, &output),
        Err(error) => error.into_response(),
    }
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let headers = [("content-type", CONTENT_TYPE.to_owned()), ("x-amzn-requestid", uuid())];
    (status, headers, body.to_string()).into_response()
}
