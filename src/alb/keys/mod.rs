//! The keys of a load balancer: each at an address of its own, named by a UUID, and never changed.
//!
//! Reads take no lock: [`Store`] keeps the keys behind an `ArcSwap`. A fetch is started here, runs
//! on a task of its own, and changes the store through [`Landing`].

mod key;
mod key_id;
mod key_set;
mod landing;
mod pem;
mod queue;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(super) use self::key::AlbKey;
pub(super) use self::key_id::KeyId;
use self::landing::Landing;
use self::store::Store;
use super::LoadBalancer;
use crate::clock::{Clock, Moment};
use crate::fetch::DynFetchJwks;
use crate::keys::schedule::{FetchReason, PendingFetch, Waited};
use crate::keys::snapshot::DEFAULT_RETRY_AFTER;
use crate::keys::sync::Runtime;
use crate::keys::{NoKey, Timing, flight};

/// How many requests wait for a key of one load balancer at a time.
const MAX_WAITING: usize = 1000;

/// How many fetches in a row may be lost under one caller before it gives up: in a runtime that
/// shuts down, each is.
const MAX_LOST: u32 = 3;

/// The keys of one load balancer: read without a lock, fetched one at a time.
///
/// Each load balancer has its own, so a flood against one does not keep another's keys waiting.
pub(super) struct AlbKeys {
    store: Arc<Store>,
    fetcher: Arc<dyn DynFetchJwks>,
    waiting: AtomicUsize,
}

/// Why no fetch was joined or started.
enum NotStarted {
    /// The endpoint has just said that it does not have the key.
    Denied,
    /// The last fetch failed, and the next must wait.
    Outage {
        retry_after: Duration,
    },
    /// The next fetch may start so much later.
    TooEarly {
        retry_after: Duration,
    },
    NoRuntime,
}

impl AlbKeys {
    pub(super) fn new(
        load_balancer: LoadBalancer,
        timing: Timing,
        clock: Clock,
        fetcher: Arc<dyn DynFetchJwks>,
    ) -> Self {
        let store = Arc::new(Store::new(load_balancer, timing, clock));
        Self { store, fetcher, waiting: AtomicUsize::new(0) }
    }

    /// Returns the key, if it is cached. One that is due is checked again in the background.
    pub(super) fn cached(&self, id: KeyId, now: Moment) -> Option<Arc<AlbKey>> {
        let key = self.store.key(id)?;
        if key.is_due(now) {
            self.store.ask(id, now);
            // If none may start yet, a later request starts it.
            let _ = self.fetch_or_join(id, now);
        }
        Some(key)
    }

    /// Returns the key for a token that came at `arrived`; may wait for fetches, also for those of
    /// keys that more requests name.
    ///
    /// # Errors
    ///
    /// [`NoKey`], after `max_wait` at most.
    pub(super) async fn key(&self, id: KeyId, arrived: Moment) -> Result<Arc<AlbKey>, NoKey> {
        let Some(_waiting) = Waiting::enter(&self.waiting) else {
            return self.key_or_reason(id, arrived);
        };
        let deadline = arrived.deadline(self.store.timing.max_wait);
        self.store.ask(id, arrived);
        let mut lost = 0;
        loop {
            if let Some(key) = self.store.key(id) {
                return Ok(key);
            }
            match self.fetch_or_join(id, self.store.clock.now()) {
                Ok(fetch) => match fetch.ended_by(deadline).await {
                    Waited::Ended(_) => {}
                    Waited::Lost if lost < MAX_LOST => lost += 1,
                    Waited::Lost | Waited::TimedOut => return self.key_or_reason(id, arrived),
                },
                Err(NotStarted::TooEarly { retry_after }) => {
                    if Instant::now() + retry_after >= deadline {
                        return self.key_or_reason(id, arrived);
                    }
                    sleep(retry_after).await;
                }
                // A fetch that others began may have brought it since it was looked for.
                Err(NotStarted::Denied) => return self.store.key(id).ok_or(NoKey::Unknown),
                Err(NotStarted::Outage { retry_after }) => {
                    return self.store.key(id).ok_or(NoKey::Unavailable { retry_after });
                }
                Err(NotStarted::NoRuntime) => {
                    let retry_after = DEFAULT_RETRY_AFTER;
                    return self.store.key(id).ok_or(NoKey::Unavailable { retry_after });
                }
            }
        }
    }

    /// What is said of a key when there is no time left to fetch it.
    ///
    /// A load balancer with a key in use signs with that one, so another id is most likely made up:
    /// it is unknown, as long as the endpoint answers. In an outage, and before the first key has
    /// verified anything, nothing can be told.
    fn key_or_reason(&self, id: KeyId, arrived: Moment) -> Result<Arc<AlbKey>, NoKey> {
        if let Some(key) = self.store.key(id) {
            return Ok(key);
        }
        let (state, now) = (self.store.state(), self.store.clock.now());
        let answers = state.endpoint_answers(arrived, &self.store.timing, now);
        if answers && self.store.has_proven_key() {
            return Err(NoKey::Unknown);
        }
        let retry_after = state.schedule.blocked_for(now);
        Err(NoKey::Unavailable { retry_after: retry_after.max(DEFAULT_RETRY_AFTER) })
    }

    /// Joins the fetch that is under way, or starts one if one may start: for the key that comes
    /// first in the queue.
    fn fetch_or_join(&self, id: KeyId, now: Moment) -> Result<PendingFetch, NotStarted> {
        let lost_after = self.store.timing.lost_after();
        let runtime = Runtime::try_current().map_err(|_| NotStarted::NoRuntime)?;
        let (landing, pending) = {
            let mut state = self.store.state();
            if state.queue.is_denied(id, now) {
                return Err(NotStarted::Denied);
            }
            if let Some(pending) = state.schedule.in_flight(lost_after, now) {
                return Ok(pending);
            }
            let begun = state.schedule.begin(FetchReason::UnknownKey, now);
            let (number, done) = begun.map_err(|throttled| {
                let retry_after = throttled.retry_after;
                match state.schedule.last_error {
                    Some(_) => NotStarted::Outage { retry_after },
                    None => NotStarted::TooEarly { retry_after },
                }
            })?;
            let id = state.queue.next(id, now);
            let pending = PendingFetch::new(number, &done, now, lost_after);
            (Landing::new(Arc::clone(&self.store), id, now, number, done), pending)
        };
        // Not under the lock: a runtime that is shutting down drops the task right here, and the
        // dropped landing takes the lock to say so.
        let limit = self.store.timing.request_timeout;
        flight::spawn(&runtime, Arc::clone(&self.fetcher), limit, landing);
        Ok(pending)
    }
}

/// One request that waits for a key.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Option<Self> {
        let entered = Self(waiting);
        // A place is taken before it is counted, and given back if there was none.
        (waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
