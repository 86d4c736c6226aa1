//! The tokens of one user pool, good ones to be broken.

use std::sync::LazyLock;

use axum_cognito::testing::{TestPool, TestToken};

pub(crate) const CLIENT: &str = "client-of-the-tests";

pub(crate) static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// A good access token.
pub(crate) fn access() -> TestToken {
    POOL.access_token("alice").client_id(CLIENT)
}
