use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::respond;

/// An error of the API: its type, and a sentence that no program should read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    kind: ErrorType,
    message: String,
}

/// The errors of the operations that are here, as the service model names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorType {
    InvalidParameter,
    NotAuthorized,
    RefreshTokenReuse,
    ResourceNotFound,
    Serialization,
    TooManyRequests,
    Unauthorized,
    UnknownOperation,
    UnsupportedOperation,
    UnsupportedTokenType,
    UserNotFound,
}

impl ApiError {
    pub(super) fn new(kind: ErrorType, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn not_authorized(message: impl Into<String>) -> Self {
        Self::new(ErrorType::NotAuthorized, message)
    }
}

impl ErrorType {
    fn name(self) -> &'static str {
        match self {
            Self::InvalidParameter => "InvalidParameterException",
            Self::NotAuthorized => "NotAuthorizedException",
            Self::RefreshTokenReuse => "RefreshTokenReuseException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::Serialization => "SerializationException",
            Self::TooManyRequests => "TooManyRequestsException",
            Self::Unauthorized => "UnauthorizedException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::UnsupportedOperation => "UnsupportedOperationException",
            Self::UnsupportedTokenType => "UnsupportedTokenTypeException",
            Self::UserNotFound => "UserNotFoundException",
        }
    }
}

impl IntoResponse for ApiError {
    /// Status 400 for all of them, as the reference of each operation says.
    fn into_response(self) -> Response {
        let name = self.kind.name();
        let body = json!({ "__type": name, "message": self.message });
        let mut response = respond(StatusCode::BAD_REQUEST, &body);
        let kind = HeaderValue::from_str(&format!("{name}:"));
        let message = HeaderValue::from_str(&self.message);
        for (name, value) in [("x-amzn-errortype", kind), ("x-amzn-errormessage", message)] {
            if let Ok(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
