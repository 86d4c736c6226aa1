//! A JWKS that is served from memory.

use axum_cognito::{FetchJwks, JwksError, JwksRequest, JwksResponse};

/// A source of keys that always gives this body.
pub(crate) struct Served(pub(crate) Vec<u8>);

impl FetchJwks for Served {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Ok(JwksResponse::new(self.0.clone()))
    }
}
