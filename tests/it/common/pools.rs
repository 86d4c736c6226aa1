use std::sync::LazyLock;
use std::time::Duration;

use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoVerifier, JwksCache, JwksCacheBuilder};

use super::endpoint::Endpoint;

/// The pool whose tokens are verified. Its keys never change: an endpoint's answers do.
pub(crate) static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// Another pool, whose keys are those after a rotation.
pub(crate) static ROTATED: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// A cache of the pool's keys, read from this endpoint.
pub(crate) fn keys_at(endpoint: &Endpoint) -> JwksCacheBuilder {
    let pool = POOL.user_pool();
    JwksCache::builder(pool).fetcher(endpoint.clone()).clock(POOL.clock())
}

/// A verifier with these keys.
pub(crate) fn verifier(keys: &JwksCache) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(keys, "app").clock(POOL.clock());
    builder.build().unwrap()
}

/// How long the tokens live: longer than a test.
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// A token that the pool's key signed.
pub(crate) fn token() -> String {
    POOL.access_token("alice").client_id("app").expires_in(LIFETIME).sign()
}

/// A token that the pool's key after a rotation will sign.
pub(crate) fn rotated_token() -> TestToken {
    let token = POOL.access_token("alice").client_id("app").expires_in(LIFETIME);
    token.header("kid", ROTATED.access_key_id()).signed_by(&ROTATED)
}
