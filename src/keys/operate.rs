use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::demand::{NotStarted, ended_by};
use super::issuer::IssuerKeys;
use super::schedule::FetchReason;
use super::status::JwksStatus;
use crate::JwksError;

/// What the program itself asks of the keys, apart from any token.
impl IssuerKeys {
    /// Starts a fetch now, whatever the age, or joins the one under way; wait for it or not.
    pub(super) fn refresh(
        self: &Arc<Self>,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        self.fetch(FetchReason::Program)
    }

    /// Starts a fetch if there are no keys that may be used, and if one may start.
    pub(super) fn prefetch(
        self: &Arc<Self>,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        let alive = self.snapshot(self.clock.now()).alive;
        let fetch = (!alive).then(|| self.fetch(FetchReason::NoKeys));
        async move {
            match fetch {
                Some(fetch) => fetch.await,
                None => Ok(()),
            }
        }
    }

    fn fetch(
        self: &Arc<Self>,
        cause: FetchReason,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        let now = self.clock.now();
        let flight = self.demand(cause, now);
        let keys = Arc::clone(self);
        async move {
            match flight {
                Ok(mut flight) => {
                    // One that does not end is lost, and says so from the start.
                    ended_by(now.deadline(keys.timing.lost_after()), &mut flight).await;
                    flight.borrow().clone()
                }
                Err(NotStarted::NoSource) => Err(JwksError::NoSource),
                Err(NotStarted::NoRuntime) => Err(JwksError::NoRuntime),
                Err(NotStarted::Throttled(_)) => keys.outcome_of_last(),
            }
        }
    }

    /// What held a fetch up is how the last one ended; one that brought no keys and no error is lost.
    fn outcome_of_last(&self) -> Result<(), JwksError> {
        let schedule = self.schedule();
        let without_error = if self.snapshot(self.clock.now()).alive {
            Ok(())
        } else {
            Err(JwksError::Interrupted)
        };
        schedule.last_error.clone().map_or(without_error, Err)
    }

    /// Starts a refresh if the keys want one and one may start.
    pub(super) fn refresh_if_due(self: &Arc<Self>) {
        let now = self.clock.now();
        let snapshot = self.snapshot(now);
        if snapshot.ageing || !snapshot.alive {
            // Held up by spacing or back-off: the next call comes soon.
            let _ = self.demand(FetchReason::Due, now);
        }
    }

    /// Whether keys were ever read.
    pub(super) fn is_in_use(&self) -> bool {
        self.key_set.load().is_some()
    }

    /// How the keys are, without a fetch.
    pub(super) fn status(&self) -> JwksStatus {
        // Locked first: a fetch that lands changes the keys under it.
        let schedule = self.schedule();
        let now = self.clock.now();
        let snapshot = self.snapshot(now);
        let key_set = snapshot.key_set.as_deref();
        JwksStatus {
            state: snapshot.state(&schedule, self.timing.lost_after(), now),
            key_ids: key_set
                .iter()
                .flat_map(|set| set.kids_missing_from(None))
                .map(str::to_owned)
                .collect(),
            age: key_set.map(|set| now.since(set.started)),
            last_error: schedule.last_error.clone(),
            succeeded: schedule.succeeded,
            failed: schedule.failed,
            stale_answers: self.stale_answers.load(Ordering::Relaxed),
        }
    }
}
