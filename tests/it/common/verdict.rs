//! The verdict on a token.

use std::sync::LazyLock;

use axum_cognito::{CognitoClaims, CognitoVerifier, VerifyError};

use super::runtime::block_on;
use super::tokens::{CLIENT, POOL};

/// What a strict verifier of the pool's access tokens says.
pub(crate) fn verdict(token: &str) -> Result<CognitoClaims, VerifyError> {
    static VERIFIER: LazyLock<CognitoVerifier> = LazyLock::new(|| POOL.verifier(CLIENT));
    block_on(VERIFIER.verify(token))
}
