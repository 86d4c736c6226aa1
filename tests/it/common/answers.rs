use axum_cognito::{JwksError, JwksRequest, JwksResponse};

use super::pools::{POOL, ROTATED};

type Outcome = Result<JwksResponse, JwksError>;

/// The keys of the pool.
pub(crate) async fn keys(_: JwksRequest) -> Outcome {
    Ok(JwksResponse::new(POOL.jwks()))
}

/// The keys of the pool after a rotation: none is as before.
pub(crate) async fn rotated_keys(_: JwksRequest) -> Outcome {
    Ok(JwksResponse::new(ROTATED.jwks()))
}

/// No keys.
pub(crate) async fn outage(_: JwksRequest) -> Outcome {
    Err(JwksError::Status(503))
}
