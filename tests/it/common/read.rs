//! The claims of tokens that are good.

use std::sync::LazyLock;

use axum_cognito::testing::TestToken;
use axum_cognito::{AccessClaims, CognitoClaims, CognitoVerifier, IdClaims, TokenUse};

use super::tokens::{CLIENT, POOL};

/// The claims of a good token of either kind.
pub(crate) fn read(token: TestToken) -> CognitoClaims {
    static VERIFIER: LazyLock<CognitoVerifier> = LazyLock::new(|| {
        let builder = CognitoVerifier::builder().trust(&*POOL, CLIENT).clock(POOL.clock());
        builder.token_use(TokenUse::Any).build().expect("settings that can be")
    });
    VERIFIER.verify_cached(&token.sign()).expect("a good token")
}

/// The claims of a good access token.
pub(crate) fn accessed(token: TestToken) -> AccessClaims {
    read(token).as_access().expect("an access token").clone()
}

/// The claims of an ID token, which is good with these claims.
pub(crate) fn identified(with: impl FnOnce(TestToken) -> TestToken) -> IdClaims {
    let token = with(POOL.id_token("alice").client_id(CLIENT));
    read(token).as_id().expect("an ID token").clone()
}
