//! Any bytes as the body of a JWKS: never a panic, and keys at hand stay when it is not one.

#![no_main]

use std::sync::{Arc, LazyLock, Mutex};

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

const CLIENT: &str = "fuzz-client";

static BODY: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

static KEYS: LazyLock<JwksCache> = LazyLock::new(|| {
    let builder = JwksCache::builder(POOL.user_pool()).fetcher(Body);
    builder.preload(&POOL.jwks()).build().expect("settings that can be")
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// A token that only the keys of the pool verify.
static TOKEN: LazyLock<String> =
    LazyLock::new(|| POOL.access_token("alice").client_id(CLIENT).sign());

static VERIFIER: LazyLock<CognitoVerifier> = LazyLock::new(|| {
    let builder = CognitoVerifier::builder().trust(&*KEYS, CLIENT).without_token_cache();
    builder.build().expect("settings that can be")
});

struct Body;

impl FetchJwks for Body {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Ok(JwksResponse::new(BODY.lock().expect("no panic before").clone()))
    }
}

fuzz_target!(|body: &[u8]| {
    let before = KEYS.status();
    *BODY.lock().expect("no panic before") = body.to_vec();
    let result = RUNTIME.block_on(KEYS.refresh());
    let after = KEYS.status();
    match result {
        // The fuzzer has not the pool's keys, so no set of its own verifies the pool's token.
        Ok(()) => {
            assert!(!after.key_ids().is_empty());
            assert!(VERIFIER.verify_cached(&TOKEN).is_err() || body == POOL.jwks().as_bytes());
        }
        Err(_) => assert_eq!(before.key_ids(), after.key_ids()),
    }
});
