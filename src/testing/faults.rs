use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a test does to an endpoint of keys: it makes it slow or silent, and counts its requests.
#[derive(Default)]
pub(crate) struct Faults {
    outage: AtomicBool,
    latency: Mutex<Duration>,
    requests: AtomicUsize,
}

impl Faults {
    pub(crate) fn set_outage(&self, outage: bool) {
        self.outage.store(outage, Ordering::SeqCst);
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Takes one request, as long as that takes. Returns whether it is answered, and not by 503.
    pub(crate) async fn pass(&self) -> bool {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let latency = *self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        !self.outage.load(Ordering::SeqCst)
    }
}
