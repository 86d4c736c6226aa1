//! Keys that arrive when a test lets them, so that a request waits as long as the test likes.

use std::sync::Arc;
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoLayer, CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse,
};
use tokio::sync::Semaphore;

/// Longer than any test takes on any machine.
const FOREVER: Duration = Duration::from_secs(600);

struct LateKeys {
    jwks: String,
    gate: Arc<Semaphore>,
}

impl FetchJwks for LateKeys {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        let opened = self.gate.acquire().await;
        let _permit = opened.map_err(|error| JwksError::Fetch(error.to_string()))?;
        Ok(JwksResponse::new(self.jwks.clone()))
    }
}

/// A layer for a pool's tokens without any keys yet, and the gate that a permit opens for them.
pub(crate) fn layer(pool: &TestPool) -> (CognitoLayer, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let keys = JwksCache::builder(pool.user_pool())
        .fetcher(LateKeys { jwks: pool.jwks(), gate: Arc::clone(&gate) })
        .request_timeout(FOREVER)
        .max_wait(FOREVER)
        .clock(pool.clock())
        .build()
        .expect("settings that can be");
    let verifier = CognitoVerifier::builder().trust(keys, "test-client").clock(pool.clock());
    (CognitoLayer::new(verifier.build().expect("settings that can be")), gate)
}
