use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a test does to an endpoint: it makes it slow, busy or silent, and counts its requests.
#[derive(Default)]
pub(crate) struct Faults {
    outage: AtomicBool,
    latency: Mutex<Duration>,
    throttled: Mutex<Option<Duration>>,
    answers_to_lose: AtomicUsize,
    requests: AtomicUsize,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Outage,
    Throttled { retry_after: Duration },
}

impl Faults {
    pub(crate) fn set_outage(&self, outage: bool) {
        self.outage.store(outage, Ordering::SeqCst);
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    pub(crate) fn set_throttled(&self, retry_after: Option<Duration>) {
        *self.throttled.lock().unwrap_or_else(PoisonError::into_inner) = retry_after;
    }

    pub(crate) fn lose_answers(&self, count: usize) {
        self.answers_to_lose.store(count, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Takes one request, as long as that takes.
    pub(crate) async fn pass(&self) -> Result<(), Fault> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let latency = *self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if self.outage.load(Ordering::SeqCst) {
            return Err(Fault::Outage);
        }
        let throttled = *self.throttled.lock().unwrap_or_else(PoisonError::into_inner);
        throttled.map_or(Ok(()), |retry_after| Err(Fault::Throttled { retry_after }))
    }

    /// Whether the answer to a request that was carried out is to be lost. Counts it.
    pub(crate) fn loses_answer(&self) -> bool {
        let lost = self
            .answers_to_lose
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        lost.is_ok()
    }
}
