use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::key_set::AlbKeySet;
use super::queue::Queue;
use super::{AlbKey, KeyId};
use crate::alb::LoadBalancer;
use crate::clock::{Clock, Moment};
use crate::keys::Timing;
use crate::keys::schedule::Schedule;

/// What is known of the keys of one load balancer. It starts nothing.
pub(super) struct Store {
    pub(super) load_balancer: LoadBalancer,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    pub(super) key_set: ArcSwap<AlbKeySet>,
    /// Small, and never held across an await.
    state: Mutex<State>,
}

/// What decides over the next fetch.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) schedule: Schedule,
    pub(super) queue: Queue,
    /// When the endpoint last answered a fetch: with a key, or that there is none.
    pub(super) last_answer: Option<Moment>,
}

impl Store {
    pub(super) fn new(load_balancer: LoadBalancer, timing: Timing, clock: Clock) -> Self {
        let (key_set, state) = (ArcSwap::default(), Mutex::default());
        Self { load_balancer, timing, clock, key_set, state }
    }

    /// Returns the key with this id: no lock, no wait, no fetch.
    pub(super) fn key(&self, id: KeyId) -> Option<Arc<AlbKey>> {
        self.key_set.load().get(id).cloned()
    }

    /// Returns whether one of the keys has verified a token.
    pub(super) fn has_proven_key(&self) -> bool {
        self.key_set.load().has_proven()
    }

    /// Notes one more request for this key, unless it has just been fetched.
    pub(super) fn ask(&self, id: KeyId, now: Moment) {
        // A landing fetch stores its key while it holds this lock, so the check cannot race with it.
        let mut state = self.state();
        if self.key(id).is_none_or(|key| key.is_due(now)) {
            state.queue.add(id, now);
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the endpoint has answered since `arrived`, or nothing shows that it would not.
    pub(super) fn endpoint_answers(&self, arrived: Moment, timing: &Timing, now: Moment) -> bool {
        let has_answered = self.last_answer.is_some_and(|answer| answer.is_from(arrived));
        let is_fetching = self.schedule.in_flight(timing.lost_after(), now).is_some();
        self.schedule.last_error.is_none() && (has_answered || !is_fetching)
    }
}
