//! The keys of the day, and a token of each.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use serde_json::{Value, json};

use super::CLIENT_ID;

/// The keys of the day, and a token of each: all signed before it begins.
pub(crate) struct Keys {
    /// With the key that is removed, without it, and after the rotation.
    pub(crate) sets: [String; 3],
    pub(crate) old: String,
    pub(crate) removed: String,
    pub(crate) new: String,
    pub(crate) unknown: String,
    pub(crate) pool: TestPool,
}

impl Keys {
    pub(crate) fn make() -> Self {
        let pool = TestPool::offline();
        let token = || pool.machine_token(CLIENT_ID).expires_in(Duration::from_secs(2 * 86_400));
        let unknown = token().header("kid", "nobody's").sign();
        let next = || {
            pool.rotate_keys();
            (signing_key(&pool), token().sign())
        };
        let ((removed_key, removed), (old_key, old), (new_key, new)) = (next(), next(), next());
        let set = |keys: &[&Value]| json!({ "keys": keys }).to_string();
        let sets = [set(&[&removed_key, &old_key]), set(&[&old_key]), set(&[&new_key])];
        Self { sets, old, removed, new, unknown, pool }
    }
}

/// The public half of the key that signs access tokens.
fn signing_key(pool: &TestPool) -> Value {
    let jwks: Value = serde_json::from_str(&pool.jwks()).unwrap_or_default();
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    keys.find(|key| key["kid"] == pool.access_key_id()).cloned().unwrap_or_default()
}
