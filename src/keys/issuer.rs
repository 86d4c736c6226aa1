use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::control::{Blocked, Cause, Control};
use super::flight::Flight;
use super::key_set::{Key, KeySet};
use super::status::{JwksState, JwksStatus};
use super::timing::Timing;
use crate::JwksError;
use crate::clock::{Clock, Moment};
use crate::fetch::DynFetchJwks;

/// How long a token waits for newer keys after an hour without any fetch.
const IDLE_WAIT: Duration = Duration::from_secs(1);
/// Said when nothing tells how long: the next fetch may start at once, or there will be none.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// The keys of one issuer: read without a lock, fetched once at a time.
pub(crate) struct IssuerKeys {
    pub(super) url: String,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    pub(super) fetcher: Option<Arc<dyn DynFetchJwks>>,
    pub(super) key_set: ArcSwapOption<KeySet>,
    /// Whether the last fetch failed; a copy of what `control` knows, for readers without a lock.
    pub(super) failing: AtomicBool,
    pub(super) stale_answers: AtomicU64,
    /// Small, and never held across an await.
    control: Mutex<Control>,
}

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The newest keys do not have it.
    Unknown,
    /// No keys, or none new enough to tell.
    Unavailable { retry_after: Duration },
}

/// The keys as they are at one moment.
pub(crate) struct View {
    key_set: Guard<Option<Arc<KeySet>>>,
    alive: bool,
    ageing: bool,
}

impl View {
    /// The key with this id, if the keys are not too old to be used at all.
    pub(crate) fn key(&self, kid: &str) -> Option<&Arc<Key>> {
        if self.alive { self.key_set.as_ref()?.get(kid) } else { None }
    }

    /// Whether the keys want a refresh, so that the answer goes by [`IssuerKeys::tend`].
    pub(crate) fn is_ageing(&self) -> bool {
        self.ageing
    }

    /// Whether there are keys at all that may be used.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive
    }

    /// Why a fetch is wanted for a key that is not here, if one can bring it.
    fn cause_to_fetch(&self, arrived: Moment) -> Result<Cause, NoKey> {
        let Some(key_set) = self.key_set.as_ref().filter(|_| self.alive) else {
            return Ok(Cause::NoKeys);
        };
        // What a good fetch that began after the token came did not bring does not exist.
        if key_set.started.is_from(arrived) { Err(NoKey::Unknown) } else { Ok(Cause::UnknownKey) }
    }

    fn state(&self, control: &Control, now: Moment) -> JwksState {
        let Some(key_set) = self.key_set.as_ref() else {
            return JwksState::Empty;
        };
        if !self.alive {
            JwksState::Dead
        } else if control.last_error.is_some() {
            JwksState::Outage
        } else if !self.ageing {
            JwksState::Fresh
        } else if control.is_idle(key_set.started, now) {
            JwksState::Idle
        } else {
            JwksState::Due
        }
    }
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
            control: Mutex::default(),
        }
    }

    /// The keys as they are: no lock, no wait, no fetch.
    pub(crate) fn view(&self, now: Moment) -> View {
        let key_set = self.key_set.load();
        // Without a source there is nothing newer to be had: such keys do not age.
        let ages = self.fetcher.is_some();
        let age = key_set.as_ref().map(|set| now.since(set.started));
        let alive = age.is_some_and(|age| !ages || age < self.timing.max_stale);
        let due = key_set.as_ref().is_some_and(|set| now.since(set.started) >= set.refresh_after);
        let ageing = ages && (due || self.failing.load(Ordering::Relaxed));
        View { key_set, alive, ageing }
    }

    /// Starts the refresh that ageing keys want, if one may start, and counts a stale answer.
    ///
    /// Returns what to wait for, a second at most, if nothing was tried for an hour.
    pub(crate) fn tend(self: &Arc<Self>, view: &View, now: Moment) -> Option<watch::Receiver<()>> {
        if self.failing.load(Ordering::Relaxed) {
            self.stale_answers.fetch_add(1, Ordering::Relaxed);
        }
        let born = view.key_set.as_ref()?.started;
        let idle = self.control().is_idle(born, now);
        let flight = self.demand(Cause::Due, now).ok();
        flight.filter(|_| idle)
    }

    /// The key with this id for a token that came at `arrived`: waits for a fetch if it must.
    ///
    /// # Errors
    ///
    /// [`NoKey`], after `max_wait` at most.
    pub(crate) async fn obtain(
        self: &Arc<Self>,
        kid: &str,
        arrived: Moment,
    ) -> Result<Arc<Key>, NoKey> {
        let deadline = arrived.deadline(self.timing.max_wait);
        loop {
            let now = self.clock.now();
            self.wait_if_idle(kid, now).await;
            let cause = {
                let view = self.view(now);
                if let Some(key) = view.key(kid) {
                    return Ok(Arc::clone(key));
                }
                view.cause_to_fetch(arrived)?
            };
            let mut flight = self.demand(cause, now).map_err(|refusal| judge(cause, &refusal))?;
            if !ended_by(deadline, &mut flight).await {
                return Err(NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER });
            }
        }
    }

    /// Starts a fetch now, whatever the age, or joins the one under way; wait for it or not.
    pub(super) fn refresh(
        self: &Arc<Self>,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        let flight = self.demand(Cause::Program, self.clock.now());
        let keys = Arc::clone(self);
        async move {
            match flight {
                Ok(mut flight) => ended(&mut flight).await,
                Err(Refusal::NoSource) => return Err(JwksError::NoSource),
                Err(Refusal::NoRuntime | Refusal::Blocked(_)) => return Err(JwksError::NoRuntime),
            }
            keys.control().last_error.clone().map_or(Ok(()), Err)
        }
    }

    /// As [`refresh`](Self::refresh), but only if there are no keys that may be used.
    pub(super) fn prefetch(
        self: &Arc<Self>,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        let alive = self.view(self.clock.now()).alive;
        let refresh = (!alive).then(|| self.refresh());
        async move {
            match refresh {
                Some(refresh) => refresh.await,
                None => Ok(()),
            }
        }
    }

    /// What is said of a key that is not at hand when nothing may be fetched.
    pub(crate) fn unavailable(&self, now: Moment) -> NoKey {
        let retry_after = self.control().blocked_for(now).max(DEFAULT_RETRY_AFTER);
        NoKey::Unavailable { retry_after }
    }

    /// Starts a refresh if the keys want one and one may start.
    pub(super) fn keep_young(self: &Arc<Self>) {
        let now = self.clock.now();
        let view = self.view(now);
        if view.ageing || !view.alive {
            // Held up by spacing or back-off: the next call comes soon.
            let _ = self.demand(Cause::Due, now);
        }
    }

    /// Whether keys were ever read.
    pub(super) fn is_in_use(&self) -> bool {
        self.key_set.load().is_some()
    }

    /// How the keys are, without a fetch.
    pub(super) fn status(&self) -> JwksStatus {
        let now = self.clock.now();
        let view = self.view(now);
        let key_set = view.key_set.as_deref();
        let control = self.control();
        JwksStatus {
            state: view.state(&control, now),
            key_ids: key_set.iter().flat_map(|set| set.beyond(None)).map(str::to_owned).collect(),
            age: key_set.map(|set| now.since(set.started)),
            last_error: control.last_error.clone(),
            succeeded: control.succeeded,
            failed: control.failed,
            stale_answers: self.stale_answers.load(Ordering::Relaxed),
        }
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After an hour without a fetch, gives a new one a second before the old keys answer.
    async fn wait_if_idle(self: &Arc<Self>, kid: &str, now: Moment) {
        let flight = {
            let view = self.view(now);
            let wanted = view.ageing && view.key(kid).is_some();
            if wanted { self.tend(&view, now) } else { None }
        };
        if let Some(mut flight) = flight {
            ended_by(Instant::now() + IDLE_WAIT, &mut flight).await;
        }
    }

    /// Joins the fetch that is under way, or starts one if one may start.
    fn demand(self: &Arc<Self>, cause: Cause, now: Moment) -> Result<watch::Receiver<()>, Refusal> {
        let fetcher = self.fetcher.clone().ok_or(Refusal::NoSource)?;
        let runtime = Handle::try_current().map_err(|_| Refusal::NoRuntime)?;
        let (done, receiver) = {
            let mut control = self.control();
            if let Some(receiver) = control.in_flight() {
                return Ok(receiver);
            }
            let done = control.begin(cause, now).map_err(Refusal::Blocked)?;
            let receiver = done.subscribe();
            (done, receiver)
        };
        // Outside of the lock: a runtime that is shutting down drops the task right here, and
        // the dropped flight takes the lock to say that it ended.
        runtime.spawn(Flight::new(Arc::clone(self), cause, now, done).fly(fetcher));
        Ok(receiver)
    }
}

/// Why no fetch started.
enum Refusal {
    Blocked(Blocked),
    NoSource,
    NoRuntime,
}

/// What a token is told when no fetch can start for it.
fn judge(cause: Cause, refusal: &Refusal) -> NoKey {
    let unknown = cause == Cause::UnknownKey;
    match refusal {
        Refusal::Blocked(blocked) if unknown && blocked.just_answered => NoKey::Unknown,
        Refusal::Blocked(blocked) => NoKey::Unavailable { retry_after: blocked.retry_after },
        Refusal::NoSource if unknown => NoKey::Unknown,
        Refusal::NoSource | Refusal::NoRuntime => {
            NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER }
        }
    }
}

/// Waits until the fetch has ended: its sender is dropped then.
async fn ended(flight: &mut watch::Receiver<()>) {
    while flight.changed().await.is_ok() {}
}

/// Whether the fetch ended before the deadline.
async fn ended_by(deadline: Instant, flight: &mut watch::Receiver<()>) -> bool {
    timeout_at(deadline, ended(flight)).await.is_ok()
}
