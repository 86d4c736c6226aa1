//! What is known of one issuer's keys. It starts nothing: [`IssuerKeys`](super::IssuerKeys) does.
//!
//! # Who writes what
//!
//! | field | written | read |
//! |---|---|---|
//! | `schedule` | under its own lock, by whoever starts a fetch and by a fetch that ends | under the lock |
//! | `key_set` | by a fetch that ends, **while it holds the lock** | by every token, without a lock |
//! | `failing` | by a fetch that ends, **while it holds the lock** | by every token, without a lock |
//! | `stale_answers` | by tokens, without a lock | by `status` |
//!
//! So a token reads two atomics and no lock. The price is that it may see a set that is replaced a
//! moment later, which is no different from a token that came a moment earlier. Whoever must not
//! miss a landing (to start a fetch, to report a status) takes the lock first: under it the schedule,
//! the set and the flag belong to the same fetch. `failing` is `schedule.last_error.is_some()`, kept
//! apart only so that tokens need no lock for it.
//!
//! Only the newest fetch writes: one that was given up as lost, and overtaken, finds another number
//! in the schedule and changes nothing. A dropped fetch takes its start back, under the lock too.
//! The lock is never held across an await, and nothing of the program's (no log, no metric, no
//! fetcher) runs under it.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;

use super::key_set::KeySet;
use super::schedule::Schedule;
use super::snapshot::{DEFAULT_RETRY_AFTER, NoKey, Snapshot};
use super::status::{JwksState, JwksStatus};
use super::sync::{AtomicBool, Mutex, MutexGuard};
use super::timing::Timing;
use crate::clock::{Clock, Moment};

/// What is known of one issuer's keys.
pub(super) struct Store {
    pub(super) url: String,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    /// Whether the pool may have no such issuer: any but its first.
    pub(super) optional: bool,
    pub(super) key_set: ArcSwapOption<KeySet>,
    pub(super) failing: AtomicBool,
    stale_answers: AtomicU64,
    schedule: Mutex<Schedule>,
}

impl Store {
    pub(super) fn new(
        url: String,
        timing: Timing,
        clock: Clock,
        optional: bool,
        key_set: Option<KeySet>,
    ) -> Self {
        Self {
            url,
            timing,
            clock,
            optional,
            key_set: ArcSwapOption::from_pointee(key_set),
            failing: AtomicBool::new(false),
            stale_answers: AtomicU64::new(0),
            schedule: Mutex::default(),
        }
    }

    /// The keys as they are: no lock, no wait, no fetch.
    pub(super) fn snapshot(&self, now: Moment) -> Snapshot {
        let key_set = self.key_set.load();
        let age = key_set.as_ref().map(|set| (now.since(set.started), set));
        let usable = age.is_some_and(|(age, set)| age < set.usable_for);
        let due = age.is_some_and(|(age, set)| age >= set.refresh_after);
        let wants_refresh = due || self.failing.load(Ordering::Relaxed);
        Snapshot { key_set, usable, wants_refresh }
    }

    /// Counts an answer by keys whose last refresh failed; says whether they are such keys.
    pub(super) fn count_if_failing(&self) -> bool {
        let failing = self.failing.load(Ordering::Relaxed);
        if failing {
            self.stale_answers.fetch_add(1, Ordering::Relaxed);
        }
        failing
    }

    /// What is said of a key that is not here while nothing may be fetched.
    pub(super) fn no_key(&self, now: Moment) -> NoKey {
        let schedule = self.schedule();
        if schedule.is_absent(now) {
            return NoKey::NoIssuer;
        }
        NoKey::Unavailable { retry_after: schedule.blocked_for(now).max(DEFAULT_RETRY_AFTER) }
    }

    /// Whether keys were ever read.
    pub(super) fn is_in_use(&self) -> bool {
        self.key_set.load().is_some()
    }

    /// How the keys are, without a fetch.
    pub(super) fn status(&self) -> JwksStatus {
        // Locked first: a fetch that ends changes the keys under it.
        let schedule = self.schedule();
        let now = self.clock.now();
        let snapshot = self.snapshot(now);
        let key_set = snapshot.key_set.as_deref();
        JwksStatus {
            state: self.state(&snapshot, &schedule, now),
            key_ids: key_set.iter().flat_map(|set| set.kids()).map(str::to_owned).collect(),
            age: key_set.map(|set| now.since(set.started)),
            last_error: schedule.last_error.clone(),
            succeeded: schedule.succeeded,
            failed: schedule.failed,
            stale_answers: self.stale_answers.load(Ordering::Relaxed),
        }
    }

    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, snapshot: &Snapshot, schedule: &Schedule, now: Moment) -> JwksState {
        let Some(key_set) = snapshot.key_set.as_ref() else {
            return JwksState::Empty;
        };
        if !snapshot.usable {
            JwksState::Expired
        } else if schedule.last_error.is_some() {
            JwksState::Outage
        } else if !snapshot.wants_refresh {
            JwksState::Fresh
        } else if schedule.is_idle(key_set.started, self.timing.lost_after(), now) {
            JwksState::Idle
        } else {
            JwksState::Due
        }
    }
}
