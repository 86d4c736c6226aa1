use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::faults::Faults;
use super::key::TestKeys;
use crate::{FetchJwks, JwksError, JwksRequest, JwksResponse};

/// What serves a pool's JWKS, over a socket or without: its keys, and its faults.
pub(super) struct Endpoint {
    keys: Mutex<Arc<TestKeys>>,
    pub(super) faults: Faults,
}

impl Endpoint {
    pub(super) fn new() -> Self {
        Self { keys: Mutex::new(Arc::new(TestKeys::generate())), faults: Faults::default() }
    }

    pub(super) fn keys(&self) -> Arc<TestKeys> {
        Arc::clone(&self.lock())
    }

    pub(super) fn rotate_keys(&self) {
        let keys = Arc::new(TestKeys::generate());
        *self.lock() = keys;
    }

    /// Answers one request: the JWKS, or `None` in an outage.
    pub(super) async fn answer(&self) -> Option<String> {
        self.faults.pass().await.ok().map(|()| self.keys().jwks())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<TestKeys>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint without a socket.
pub(super) struct Offline(pub(super) Arc<Endpoint>);

impl FetchJwks for Offline {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        self.0.answer().await.map(JwksResponse::new).ok_or(JwksError::Status(503))
    }
}
