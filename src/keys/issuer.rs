//! The keys of one issuer: who looks a key up, who waits for it, and when a fetch starts.
//!
//! The state follows from the age of the keys and from the last fetch; no timer runs.
//!
//! | state | when | a key that is there | a key that is not |
//! |---|---|---|---|
//! | empty | no keys yet | – | starts or joins a fetch and waits, then 503; in an outage 503 at once |
//! | fresh | younger than `refresh_after` | is used | waits for a fetch that began after the token came; if that one does not bring it, 401 |
//! | due | older | is used; a refresh starts in the background | as fresh |
//! | idle | nothing was tried for an hour | waits up to a second for a refresh, then is used | as fresh |
//! | outage | the last fetch failed | is used, and counted as stale | starts a fetch if the back-off is over, else 503 at once |
//! | expired | older than `max_stale` | is not used | as empty |
//! | absent | not the pool's first issuer, never had keys, and its address says 403 or 404 | – | 401 for 5 minutes, then as empty |
//!
//! "Waits" is always within `max_wait`, and no more than 1,000 requests wait at a time: one more gets
//! 503 at once. While the [schedule](super::schedule) allows no fetch yet, a wait covers the rest of
//! the spacing as well, because the answer must not depend on who asked a moment before. A set of
//! keys says what was missing when its fetch began, and nothing is remembered of single keys. So
//! what a client makes up is never stored.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::flight;
use super::key_set::{Key, KeySet};
use super::landing::Landing;
use super::schedule::{FetchReason, FetchResult, PendingFetch, Throttled, Waited};
use super::snapshot::{DEFAULT_RETRY_AFTER, NoKey, Snapshot};
use super::status::JwksStatus;
use super::store::Store;
use super::sync::{Runtime, sleep};
use super::timing::Timing;
use crate::JwksError;
use crate::clock::{Clock, Moment};
use crate::fetch::DynFetchJwks;

/// How long a token waits for newer keys after an hour without any fetch.
const IDLE_WAIT: Duration = Duration::from_secs(1);
/// How many requests wait for keys at a time.
const MAX_WAITING: usize = 1000;
/// How many fetches in a row may be lost under one caller before it gives up: in a runtime that
/// shuts down, each is.
const MAX_LOST: u32 = 3;

/// What to do with a cached key whose set is due for a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use it. The refresh runs in the background.
    Serve,
    /// Give a refresh a moment first.
    Wait,
}

/// Why no fetch started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotStarted {
    Throttled(Throttled),
    Absent,
    NoSource,
    NoRuntime,
}

/// The keys of one issuer: read without a lock, fetched once at a time.
pub(crate) struct IssuerKeys {
    store: Arc<Store>,
    fetcher: Option<Arc<dyn DynFetchJwks>>,
    /// A place for each request that waits.
    places: Semaphore,
}

impl IssuerKeys {
    /// The keys that are read at `url`; `optional` if the pool may have no such issuer.
    pub(super) fn new(
        url: String,
        timing: Timing,
        clock: Clock,
        fetcher: Option<Arc<dyn DynFetchJwks>>,
        optional: bool,
        key_set: Option<KeySet>,
    ) -> Self {
        let store = Arc::new(Store::new(url, timing, clock, optional, key_set));
        Self { store, fetcher, places: Semaphore::new(MAX_WAITING) }
    }

    /// The keys as they are: no lock, no wait, no fetch.
    pub(crate) fn snapshot(&self, now: Moment) -> Snapshot {
        self.store.snapshot(now)
    }

    /// Starts the refresh that these keys want, if one may start, and counts a stale answer.
    ///
    /// Returns [`Freshness::Wait`] if nothing was tried for an hour.
    pub(crate) fn refresh_behind(&self, snapshot: &Snapshot, now: Moment) -> Freshness {
        let lost_after = self.store.timing.lost_after();
        let idle = |set: &Arc<KeySet>| self.store.schedule().is_idle(set.started, lost_after, now);
        // Do not wait during an outage: the next attempt may well time out like the last.
        if !self.store.count_if_failing() && snapshot.key_set.as_ref().is_some_and(idle) {
            return Freshness::Wait;
        }
        // If it is throttled, a later answer starts it.
        let _ = self.fetch_or_join(FetchReason::Due, now);
        Freshness::Serve
    }

    /// Counts an answer by keys whose last refresh failed; says whether they are such keys.
    pub(crate) fn count_if_failing(&self) -> bool {
        self.store.count_if_failing()
    }

    /// What is said of a key that is not here while nothing may be fetched.
    pub(crate) fn no_key(&self, now: Moment) -> NoKey {
        if self.fetcher.is_none() {
            return if self.store.is_in_use() { NoKey::Unknown } else { NoKey::NoIssuer };
        }
        self.store.no_key(now)
    }

    /// Returns the key with this id for a token that came at `arrived`, after a wait if it must.
    ///
    /// # Errors
    ///
    /// [`NoKey`], after `max_wait` at most.
    pub(crate) async fn key(&self, kid: &str, arrived: Moment) -> Result<Arc<Key>, NoKey> {
        let deadline = arrived.deadline(self.store.timing.max_wait);
        let mut place = None;
        let mut lost = 0;
        self.wait_if_idle(kid, &mut place).await;
        loop {
            let now = self.store.clock.now();
            let reason = {
                let snapshot = self.snapshot(now);
                if let Some(key) = snapshot.key(kid) {
                    return Ok(Arc::clone(key));
                }
                snapshot.reason_to_fetch(arrived)?
            };
            match self.fetch_or_join(reason, now) {
                Ok(fetch) if self.has_place(&mut place) => match fetch.ended_by(deadline).await {
                    Waited::Ended(_) => {}
                    Waited::Lost if lost < MAX_LOST => lost += 1,
                    Waited::Lost | Waited::TimedOut => return self.recheck(kid, arrived),
                },
                Err(NotStarted::Throttled(throttled))
                    if reason == FetchReason::UnknownKey
                        && !throttled.failing
                        && now.deadline(throttled.retry_after) <= deadline
                        && self.has_place(&mut place) =>
                {
                    sleep(&self.store.clock, now, throttled.retry_after).await;
                }
                Ok(_) | Err(NotStarted::Throttled(_) | NotStarted::Absent) => {
                    return self.recheck(kid, arrived);
                }
                Err(NotStarted::NoSource) => return Err(self.no_key(now)),
                Err(NotStarted::NoRuntime) => {
                    return Err(NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER });
                }
            }
        }
    }

    /// Fetches the keys now, whatever their age, by a fetch that begins after this call.
    pub(super) async fn refresh(&self) -> FetchResult {
        let before = self.store.schedule().begun();
        let mut lost = 0;
        loop {
            let now = self.store.clock.now();
            match self.fetch_or_join(FetchReason::Program, now) {
                Ok(fetch) => {
                    let is_older = fetch.number <= before;
                    match fetch.ended_by(now.deadline(Duration::MAX)).await {
                        Waited::Ended(_) if is_older => {}
                        Waited::Ended(result) => return result,
                        Waited::Lost | Waited::TimedOut if is_older || lost < MAX_LOST => lost += 1,
                        Waited::Lost | Waited::TimedOut => return Err(JwksError::Interrupted),
                    }
                }
                Err(not_started) => self.wait_or_fail(now, not_started).await?,
            }
        }
    }

    /// Fetches keys if there are none that may be used. Waits until a fetch may start.
    pub(super) async fn prefetch(&self) -> FetchResult {
        let mut lost = 0;
        loop {
            let now = self.store.clock.now();
            if self.snapshot(now).is_usable() {
                return Ok(());
            }
            match self.fetch_or_join(FetchReason::NoKeys, now) {
                Ok(fetch) => match fetch.ended_by(now.deadline(Duration::MAX)).await {
                    Waited::Ended(result) => return result,
                    Waited::Lost | Waited::TimedOut if lost < MAX_LOST => lost += 1,
                    Waited::Lost | Waited::TimedOut => return Err(JwksError::Interrupted),
                },
                Err(not_started) => self.wait_or_fail(now, not_started).await?,
            }
        }
    }

    /// Starts a refresh if the keys want one and one may start.
    pub(super) fn refresh_if_due(&self) {
        let now = self.store.clock.now();
        let snapshot = self.snapshot(now);
        if self.fetcher.is_some() && (snapshot.wants_refresh() || !snapshot.is_usable()) {
            // If it is throttled, the next call comes soon.
            let _ = self.fetch_or_join(FetchReason::Due, now);
        }
    }

    /// Whether keys were ever read.
    pub(super) fn is_in_use(&self) -> bool {
        self.store.is_in_use()
    }

    /// Whether there are keys that may be used.
    pub(super) fn is_ready(&self) -> bool {
        self.snapshot(self.store.clock.now()).is_usable()
    }

    /// Where the keys are read.
    pub(super) fn url(&self) -> &str {
        &self.store.url
    }

    /// How the keys are, without a fetch.
    pub(super) fn status(&self) -> JwksStatus {
        self.store.status()
    }

    /// The clock that the age of the keys is read off.
    #[cfg(any(feature = "app-client", all(test, shuttle)))]
    pub(super) fn clock(&self) -> &Clock {
        &self.store.clock
    }

    /// Joins the fetch that is under way, or starts one if one may start.
    fn fetch_or_join(&self, reason: FetchReason, now: Moment) -> Result<PendingFetch, NotStarted> {
        let fetcher = self.fetcher.clone().ok_or(NotStarted::NoSource)?;
        let runtime = Runtime::try_current().map_err(|_| NotStarted::NoRuntime)?;
        let lost_after = self.store.timing.lost_after();
        let begun = {
            let mut schedule = self.store.schedule();
            if let Some(fetch) = schedule.in_flight(lost_after, now) {
                return Ok(fetch);
            }
            if reason == FetchReason::NoKeys && schedule.is_absent(now) {
                return Err(NotStarted::Absent);
            }
            schedule.begin(reason, now)
        };
        let (number, done) = begun.map_err(|throttled| self.throttled(reason, throttled))?;
        let fetch = PendingFetch::new(number, &done, now, lost_after);
        let landing = Landing::new(Arc::clone(&self.store), now, (number, done));
        flight::spawn(&runtime, fetcher, self.store.timing.request_timeout, landing);
        Ok(fetch)
    }

    /// Logged once for each fetch that comes before: a flood of tokens makes no flood of lines.
    fn throttled(&self, reason: FetchReason, throttled: Throttled) -> NotStarted {
        if throttled.first {
            let url = self.url();
            let retry_after = throttled.retry_after;
            tracing::debug!(url, cause = ?reason, ?retry_after, "the next fetch of the JWKS is throttled");
        }
        NotStarted::Throttled(throttled)
    }

    /// The key, if a fetch that others began has brought it since it was looked for; else why not.
    fn recheck(&self, kid: &str, arrived: Moment) -> Result<Arc<Key>, NoKey> {
        let now = self.store.clock.now();
        let snapshot = self.snapshot(now);
        match snapshot.key(kid) {
            Some(key) => Ok(Arc::clone(key)),
            None => {
                Err(snapshot.reason_to_fetch(arrived).err().unwrap_or_else(|| self.no_key(now)))
            }
        }
    }

    /// After an hour without a fetch, gives a new one a second before the old keys answer.
    async fn wait_if_idle<'a>(&'a self, kid: &str, place: &mut Option<SemaphorePermit<'a>>) {
        let now = self.store.clock.now();
        let idle = {
            let snapshot = self.snapshot(now);
            snapshot.wants_refresh()
                && snapshot.key(kid).is_some()
                && self.refresh_behind(&snapshot, now) == Freshness::Wait
        };
        if !idle {
            return;
        }
        let Ok(fetch) = self.fetch_or_join(FetchReason::Due, now) else { return };
        if self.has_place(place) {
            let wait = IDLE_WAIT.min(self.store.timing.max_wait);
            fetch.ended_by(Instant::now() + wait).await;
        }
        self.store.count_if_failing();
    }

    /// Takes a place among those who wait, unless all are taken.
    fn has_place<'a>(&'a self, place: &mut Option<SemaphorePermit<'a>>) -> bool {
        if place.is_none() {
            *place = self.places.try_acquire().ok();
        }
        place.is_some()
    }

    /// For the program, which waits until a fetch may start.
    async fn wait_or_fail(&self, now: Moment, not_started: NotStarted) -> Result<(), JwksError> {
        match not_started {
            NotStarted::Throttled(throttled) => {
                sleep(&self.store.clock, now, throttled.retry_after).await;
                Ok(())
            }
            // Answered by the last fetch.
            NotStarted::Absent => {
                Err(self.store.schedule().last_error.clone().unwrap_or(JwksError::Interrupted))
            }
            NotStarted::NoSource => Err(JwksError::NoSource),
            NotStarted::NoRuntime => Err(JwksError::NoRuntime),
        }
    }
}
