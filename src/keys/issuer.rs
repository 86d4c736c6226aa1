use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::time::Instant;

use super::demand::{DEFAULT_RETRY_AFTER, NotStarted, ended_by, judge};
use super::key_set::{Key, KeySet};
use super::schedule::{FetchReason, Schedule};
use super::snapshot::{NoKey, Snapshot};
use super::sync::{AtomicBool, Mutex, MutexGuard};
use super::timing::Timing;
use crate::clock::{Clock, Moment};
use crate::fetch::DynFetchJwks;

/// How long a token waits for newer keys after an hour without any fetch.
const IDLE_WAIT: Duration = Duration::from_secs(1);

/// What to do with a cached key whose set is due for a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use it; the refresh runs behind.
    Serve,
    /// Give a refresh a moment first.
    Wait,
}

/// The keys of one issuer: read without a lock, fetched once at a time.
pub(crate) struct IssuerKeys {
    pub(super) url: String,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    pub(super) fetcher: Option<Arc<dyn DynFetchJwks>>,
    pub(super) key_set: ArcSwapOption<KeySet>,
    /// Whether the last fetch failed; a copy of what `schedule` knows, for readers without a lock.
    pub(super) failing: AtomicBool,
    pub(super) stale_answers: AtomicU64,
    /// Small, and never held across an await.
    schedule: Mutex<Schedule>,
}

impl IssuerKeys {
    pub(super) fn new(
        url: String,
        timing: Timing,
        clock: Clock,
        fetcher: Option<Arc<dyn DynFetchJwks>>,
        key_set: Option<KeySet>,
    ) -> Self {
        Self {
            url,
            timing,
            clock,
            fetcher,
            key_set: ArcSwapOption::from_pointee(key_set),
            failing: AtomicBool::new(false),
            stale_answers: AtomicU64::new(0),
            schedule: Mutex::default(),
        }
    }

    /// The keys as they are: no lock, no wait, no fetch.
    pub(crate) fn snapshot(&self, now: Moment) -> Snapshot {
        let key_set = self.key_set.load();
        // Without a source there is nothing newer to be had: such keys do not age.
        let ages = self.fetcher.is_some();
        let age = key_set.as_ref().map(|set| now.since(set.started));
        let alive = age.is_some_and(|age| !ages || age < self.timing.max_stale);
        let due = key_set.as_ref().is_some_and(|set| now.since(set.started) >= set.refresh_after);
        let ageing = ages && (due || self.failing.load(Ordering::Relaxed));
        Snapshot { key_set, alive, ageing }
    }

    /// Starts the refresh that ageing keys want, if one may start, and counts a stale answer.
    ///
    /// Returns [`Freshness::Wait`] if nothing was tried for an hour.
    pub(crate) fn refresh_behind(self: &Arc<Self>, snapshot: &Snapshot, now: Moment) -> Freshness {
        let idle = |born| self.schedule().is_idle(born, self.timing.lost_after(), now);
        // In an outage keys answer at once: the next attempt may take as long as the last one.
        if !self.count_if_failing()
            && snapshot.key_set.as_ref().is_some_and(|set| idle(set.started))
        {
            return Freshness::Wait;
        }
        // Held up by spacing or back-off: a later answer starts it.
        let _ = self.demand(FetchReason::Due, now);
        Freshness::Serve
    }

    /// Counts an answer by keys whose last refresh failed; says whether they are such keys.
    pub(crate) fn count_if_failing(&self) -> bool {
        let stale = self.failing.load(Ordering::Relaxed);
        if stale {
            self.stale_answers.fetch_add(1, Ordering::Relaxed);
        }
        stale
    }

    /// The key with this id for a token that came at `arrived`: waits for a fetch if it must.
    ///
    /// # Errors
    ///
    /// [`NoKey`], after `max_wait` at most.
    pub(crate) async fn key(
        self: &Arc<Self>,
        kid: &str,
        arrived: Moment,
    ) -> Result<Arc<Key>, NoKey> {
        let deadline = arrived.deadline(self.timing.max_wait);
        loop {
            let now = self.clock.now();
            self.wait_if_idle(kid, now).await;
            let cause = {
                let snapshot = self.snapshot(now);
                if let Some(key) = snapshot.key(kid) {
                    return Ok(Arc::clone(key));
                }
                snapshot.reason_to_fetch(arrived)?
            };
            let mut flight = match self.demand(cause, now) {
                Ok(flight) => flight,
                Err(refusal) => return self.recheck(kid, arrived, &refusal),
            };
            if !ended_by(deadline, &mut flight).await {
                return Err(self.unavailable(self.clock.now()));
            }
        }
    }

    /// The key, if a fetch that others began has brought it since it was looked for; what it did not
    /// bring is judged by how it ended.
    fn recheck(&self, kid: &str, arrived: Moment, refusal: &NotStarted) -> Result<Arc<Key>, NoKey> {
        let snapshot = self.snapshot(self.clock.now());
        match snapshot.key(kid) {
            Some(key) => Ok(Arc::clone(key)),
            None => Err(judge(snapshot.reason_to_fetch(arrived)?, refusal)),
        }
    }

    /// What is said of a key that is not at hand when nothing may be fetched.
    pub(crate) fn unavailable(&self, now: Moment) -> NoKey {
        let retry_after = self.schedule().blocked_for(now).max(DEFAULT_RETRY_AFTER);
        NoKey::Unavailable { retry_after }
    }

    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After an hour without a fetch, gives a new one a second before the old keys answer.
    async fn wait_if_idle(self: &Arc<Self>, kid: &str, now: Moment) {
        let flight = {
            let snapshot = self.snapshot(now);
            let idle = snapshot.ageing
                && snapshot.key(kid).is_some()
                && self.refresh_behind(&snapshot, now) == Freshness::Wait;
            idle.then(|| self.demand(FetchReason::Due, now))
        };
        if let Some(Ok(mut flight)) = flight {
            let wait = IDLE_WAIT.min(self.timing.max_wait);
            ended_by(Instant::now() + wait, &mut flight).await;
            self.count_if_failing();
        }
    }
}
