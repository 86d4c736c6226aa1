//! Why a token is refused, by verifiers of different settings.

use axum_cognito::testing::TestToken;
use axum_cognito::{CognitoVerifier, CognitoVerifierBuilder, TokenUse, VerifyError};

use super::runtime::block_on;
use super::tokens::{CLIENT, POOL};
use super::verdict::verdict;

/// A good ID token.
pub(crate) fn id() -> TestToken {
    POOL.id_token("alice").client_id(CLIENT)
}

/// A verifier of the pool's tokens, to be made stricter or wider.
pub(crate) fn builder() -> CognitoVerifierBuilder {
    CognitoVerifier::builder().trust(&*POOL, CLIENT).clock(POOL.clock())
}

/// Why a verifier of these settings refuses a token, if it does.
pub(crate) fn refusal(builder: CognitoVerifierBuilder, token: TestToken) -> Option<VerifyError> {
    let verifier = builder.build().expect("settings that can be");
    block_on(verifier.verify(&token.sign())).err()
}

/// Why a verifier of ID tokens refuses a token, if it does.
pub(crate) fn id_refusal(token: TestToken) -> Option<VerifyError> {
    refusal(builder().token_use(TokenUse::Id), token)
}

/// Why a strict verifier of access tokens refuses a token, if it does.
pub(crate) fn access_refusal(token: TestToken) -> Option<VerifyError> {
    verdict(&token.sign()).err()
}
