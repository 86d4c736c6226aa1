use std::time::Duration;

use axum_cognito::{CognitoVerifier, JwksCache, VerifyError};
use tokio::time::{Instant, sleep};

use super::answers;
use super::endpoint::Endpoint;
use super::pools::{keys_at, verifier};

/// The keys of a pool, with the endpoint before them and a verifier behind them.
pub(crate) struct Rig {
    pub(crate) endpoint: Endpoint,
    pub(crate) keys: JwksCache,
    pub(crate) verifier: CognitoVerifier,
}

impl Rig {
    /// No keys yet, and an endpoint that has them.
    pub(crate) fn empty() -> Self {
        let endpoint = Endpoint::new(answers::keys);
        let keys = keys_at(&endpoint).build().unwrap();
        Self { endpoint, verifier: verifier(&keys), keys }
    }

    /// The keys of one good fetch, so long ago.
    pub(crate) async fn of_age(age: Duration) -> Self {
        let rig = Self::empty();
        rig.keys.refresh().await.unwrap();
        sleep(age).await;
        rig
    }

    /// What is said of a token, and after how long.
    pub(crate) async fn judge(&self, token: &str) -> (Result<(), VerifyError>, Duration) {
        let start = Instant::now();
        (self.verifier.verify(token).await.map(drop), start.elapsed())
    }
}
