use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::flight::Flight;
use super::shelf::Shelf;
use super::state::State;
use super::{AlbKey, KeyId};
use crate::alb::LoadBalancer;
use crate::clock::{Clock, Moment};
use crate::fetch::DynFetchJwks;
use crate::keys::demand::{DEFAULT_RETRY_AFTER, ended_by};
use crate::keys::schedule::{FetchReason, FetchResult};
use crate::keys::{NoKey, Timing};

/// The keys of one load balancer: read without a lock, fetched one at a time.
///
/// Each load balancer has its own, so a flood against one does not keep another's keys waiting.
pub(crate) struct SignerKeys {
    pub(super) load_balancer: LoadBalancer,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    fetcher: Arc<dyn DynFetchJwks>,
    pub(super) shelf: ArcSwap<Shelf>,
    /// Small, and never held across an await.
    state: Mutex<State>,
}

impl SignerKeys {
    pub(crate) fn new(
        load_balancer: LoadBalancer,
        timing: Timing,
        clock: Clock,
        fetcher: Arc<dyn DynFetchJwks>,
    ) -> Self {
        let (shelf, state) = (ArcSwap::default(), Mutex::default());
        Self { load_balancer, timing, clock, fetcher, shelf, state }
    }

    /// The key, if it is at hand. One that is due is looked at again behind this answer.
    pub(crate) fn at_hand(self: &Arc<Self>, id: KeyId, now: Moment) -> Option<Arc<AlbKey>> {
        let key = self.key(id)?;
        if key.is_due(now) {
            self.note(id, now);
            // Held up by spacing or back-off: a later answer starts it.
            let _ = self.demand(id, now);
        }
        Some(key)
    }

    /// The key, for a token that came at `arrived`: waits for a fetch if it must.
    ///
    /// # Errors
    ///
    /// [`NoKey`], after `max_wait` at most.
    pub(crate) async fn obtain(
        self: &Arc<Self>,
        id: KeyId,
        arrived: Moment,
    ) -> Result<Arc<AlbKey>, NoKey> {
        let deadline = arrived.deadline(self.timing.max_wait);
        self.note(id, arrived);
        loop {
            if let Some(key) = self.key(id) {
                return Ok(key);
            }
            let mut flight = match self.demand(id, self.clock.now()) {
                Ok(flight) => flight,
                // A fetch that others began may have brought it since it was looked for.
                Err(no_key) => return self.key(id).ok_or(no_key),
            };
            if !ended_by(deadline, &mut flight).await {
                let blocked_for = self.state().schedule.blocked_for(self.clock.now());
                let retry_after = blocked_for.max(DEFAULT_RETRY_AFTER);
                return Err(NoKey::Unavailable { retry_after });
            }
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn key(&self, id: KeyId) -> Option<Arc<AlbKey>> {
        self.shelf.load().get(id).cloned()
    }

    /// One more request for this key, unless the key has just come.
    fn note(&self, id: KeyId, now: Moment) {
        // Keys land under this lock.
        let mut state = self.state();
        if self.key(id).is_none_or(|key| key.is_due(now)) {
            state.note(id, now);
        }
    }

    /// Joins the fetch that is under way, or starts one if one may start: for the key whose turn it is.
    fn demand(
        self: &Arc<Self>,
        id: KeyId,
        now: Moment,
    ) -> Result<watch::Receiver<FetchResult>, NoKey> {
        let runtime = Handle::try_current()
            .map_err(|_| NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER })?;
        let (flight, receiver) = {
            let mut state = self.state();
            if state.denied.is_believed(id, now) {
                return Err(NoKey::Unknown);
            }
            if let Some(receiver) = state.schedule.in_flight(self.timing.lost_after(), now) {
                return Ok(receiver);
            }
            let begun = state.schedule.begin(FetchReason::UnknownKey, now);
            let done =
                begun.map_err(|blocked| NoKey::Unavailable { retry_after: blocked.retry_after })?;
            let id = state.take(id);
            let receiver = done.1.subscribe();
            (Flight::new(Arc::clone(self), id, now, done), receiver)
        };
        // Outside of the lock: a runtime that is shutting down drops the task right here, and
        // the dropped flight takes the lock to say that it ended.
        runtime.spawn(flight.fly(Arc::clone(&self.fetcher)));
        Ok(receiver)
    }
}
