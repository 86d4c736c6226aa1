use std::sync::Arc;

use tokio::sync::watch;

use super::signer::SignerKeys;
use super::{AlbKey, KeyId, pem};
use crate::clock::Moment;
use crate::fetch::{DynFetchJwks, JwksRequest, JwksResponse};
use crate::keys::flight::attempt;
use crate::keys::schedule::{FetchEnd, FetchReason, FetchResult};
use crate::{JwksError, telemetry};

/// A key, or that there is none, or why that could not be told.
type Answer = Result<Option<Arc<AlbKey>>, JwksError>;

/// How things stood before a fetch landed.
struct Landed {
    was_known: bool,
    was_empty: bool,
    ends_outage: bool,
}

/// One fetch of a key under way, on a task of its own: no request that waits for it can lose it.
///
/// It lands when it is dropped, so it lands also when its task is: a panic in the fetcher, or a
/// runtime that shuts down. The sender goes last, and wakes those who wait.
pub(super) struct Flight {
    keys: Arc<SignerKeys>,
    id: KeyId,
    started: Moment,
    number: u64,
    outcome: Result<JwksResponse, JwksError>,
    _done: watch::Sender<FetchResult>,
}

impl Flight {
    pub(super) fn new(
        keys: Arc<SignerKeys>,
        id: KeyId,
        started: Moment,
        (number, done): (u64, watch::Sender<FetchResult>),
    ) -> Self {
        Self { keys, id, started, number, outcome: Err(JwksError::Interrupted), _done: done }
    }

    pub(super) async fn fly(mut self, fetcher: Arc<dyn DynFetchJwks>) {
        if !self.keys.state().schedule.is_newest(self.number) {
            // It waited too long for its turn, and another took its place.
            return;
        }
        let url = format!("{}/{}", self.keys.load_balancer.key_url(), self.id);
        let limit = self.keys.timing.request_timeout;
        self.outcome = attempt(&*fetcher, JwksRequest::new(url, None), limit).await;
    }

    /// What the endpoint said: a key, or that there is none.
    fn answer(&mut self) -> Answer {
        match std::mem::replace(&mut self.outcome, Err(JwksError::Interrupted)) {
            // Without the right to list a bucket, S3 says 403 of what is not there.
            Err(JwksError::Status(403 | 404)) => Ok(None),
            Err(error) => Err(error),
            Ok(response) => {
                let body = response.body.ok_or(JwksError::Status(304))?;
                let wrong = || JwksError::Fetch("the answer is not a P-256 key in PEM".to_owned());
                let public_key = pem::public_key(&body).ok_or_else(wrong)?;
                let refresh_after = self.keys.timing.refresh_after(None);
                let key = AlbKey::new(self.id, public_key, self.started, refresh_after);
                Ok(Some(Arc::new(key)))
            }
        }
    }

    /// Puts the key in use, or a key that is gone out of it, and lets the next fetch start: all at
    /// once, so that nobody sees one without the other.
    ///
    /// None if this one was given up for lost and overtaken: a key that is still wanted is fetched
    /// again.
    fn land(&self, answer: &Answer) -> Option<Landed> {
        let now = self.keys.clock.now();
        let mut state = self.keys.state();
        if !state.schedule.is_newest(self.number) {
            return None;
        }
        let shelf = self.keys.shelf.load();
        let was_known = shelf.get(self.id).is_some();
        match answer {
            Ok(Some(key)) => {
                self.keys.shelf.store(Arc::new(shelf.with(Arc::clone(key))));
                state.denied.remove(self.id);
            }
            Ok(None) => {
                self.keys.shelf.store(Arc::new(shelf.without(self.id)));
                state.denied.add(self.id, self.started);
            }
            Err(_) => {}
        }
        let cause = if was_known { FetchReason::Due } else { FetchReason::UnknownKey };
        let ends_outage = state.end(cause, ending(answer, was_known), now);
        Some(Landed { was_known, was_empty: shelf.is_empty(), ends_outage })
    }

    /// Logs and counts what came of it.
    fn report(&self, answer: &Answer, landed: &Landed) {
        let (arn, url) = (self.keys.load_balancer.arn(), self.keys.load_balancer.key_url());
        let kid = self.id;
        match answer {
            Ok(Some(_)) => tracing::info!(arn, %kid, "got a key of the load balancer"),
            Ok(None) => self.report_denial(landed),
            Err(error) => tracing::warn!(arn, url, %kid, %error, "no answer from the key endpoint"),
        }
        telemetry::fetched(url, answer.as_ref().err());
        if landed.ends_outage {
            tracing::info!(url, "the key endpoint answers again");
        }
    }

    /// What is no more than somebody's made-up id is not worth a warning.
    fn report_denial(&self, landed: &Landed) {
        let (arn, url) = (self.keys.load_balancer.arn(), self.keys.load_balancer.key_url());
        let kid = self.id;
        if landed.was_known {
            tracing::warn!(arn, url, %kid, "the key endpoint no longer has a key that was in use");
        } else if landed.was_empty {
            tracing::warn!(
                arn, url, %kid,
                "the key endpoint does not have this key; it has given no key yet: \
                 403 may mean that access is denied"
            );
        } else {
            tracing::debug!(arn, %kid, "the key endpoint does not have this key");
        }
    }
}

/// How it ended, for the decision when the next one may start.
fn ending(answer: &Answer, was_known: bool) -> FetchEnd {
    match answer {
        Ok(key) => FetchEnd::Good { new_keys: key.is_some() && !was_known },
        Err(error) => FetchEnd::Failed { error: error.clone(), cold: !was_known },
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let answer = self.answer();
        if let Some(landed) = self.land(&answer) {
            self.report(&answer, &landed);
        }
    }
}
