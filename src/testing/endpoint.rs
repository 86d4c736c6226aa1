use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::key::TestKeys;
use crate::{FetchJwks, JwksError, JwksRequest, JwksResponse};

/// What serves a pool's JWKS, over a socket or without: its keys, and its faults.
pub(super) struct Endpoint {
    keys: Mutex<Arc<TestKeys>>,
    outage: AtomicBool,
    latency: Mutex<Duration>,
    requests: AtomicUsize,
}

impl Endpoint {
    pub(super) fn new() -> Self {
        Self {
            keys: Mutex::new(Arc::new(TestKeys::generate())),
            outage: AtomicBool::new(false),
            latency: Mutex::default(),
            requests: AtomicUsize::new(0),
        }
    }

    pub(super) fn keys(&self) -> Arc<TestKeys> {
        Arc::clone(&lock(&self.keys))
    }

    pub(super) fn rotate_keys(&self) {
        let keys = Arc::new(TestKeys::generate());
        *lock(&self.keys) = keys;
    }

    pub(super) fn set_outage(&self, outage: bool) {
        self.outage.store(outage, Ordering::SeqCst);
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        *lock(&self.latency) = latency;
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Answers one request: the JWKS, or `None` in an outage.
    pub(super) async fn answer(&self) -> Option<String> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let latency = *lock(&self.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let out = self.outage.load(Ordering::SeqCst);
        (!out).then(|| self.keys().jwks())
    }
}

/// The endpoint without a socket.
pub(super) struct Offline(pub(super) Arc<Endpoint>);

impl FetchJwks for Offline {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        self.0.answer().await.map(JwksResponse::new).ok_or(JwksError::Status(503))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
