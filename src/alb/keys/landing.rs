use std::sync::Arc;

use super::store::Store;
use super::{AlbKey, KeyId, pem};
use crate::clock::Moment;
use crate::fetch::{JwksRequest, JwksResponse};
use crate::keys::flight;
use crate::keys::schedule::{FetchEnd, FetchSender};
use crate::{JwksError, telemetry};

/// A key, or that there is none, or why that could not be told.
type Answer = Result<Option<Arc<AlbKey>>, JwksError>;

/// What one fetch of a key changes when it ends.
///
/// The sender goes last, and wakes those who wait.
pub(super) struct Landing {
    store: Arc<Store>,
    id: KeyId,
    started: Moment,
    number: u64,
    done: FetchSender,
}

/// How things stood before a fetch landed, and what it came to.
struct Change {
    denied: Denied,
    ends_outage: bool,
}

/// What an answer that there is no such key meant for the keys.
#[derive(Clone, Copy)]
enum Denied {
    /// The endpoint has never given a key.
    NoneYet,
    /// A key that is not in use.
    Unknown,
    /// A key in use, for the first time: it stays.
    Kept,
    /// A key in use, once more.
    Removed,
}

impl Landing {
    pub(super) fn new(
        store: Arc<Store>,
        id: KeyId,
        started: Moment,
        number: u64,
        done: FetchSender,
    ) -> Self {
        Self { store, id, started, number, done }
    }

    /// What the endpoint said: a key, or that there is none.
    fn read(&self, response: Result<JwksResponse, JwksError>) -> Answer {
        let response = match response {
            // Without the right to list a bucket, S3 says 403 of what is not there.
            Err(JwksError::Status(403 | 404)) => return Ok(None),
            other => other?,
        };
        // No request has an ETag, so 304 answers none of them.
        let body = response.body.ok_or(JwksError::Status(304))?;
        let public_key = pem::public_key(&body)
            .ok_or_else(|| JwksError::Fetch("the answer is not a P-256 key in PEM".to_owned()))?;
        let refresh_after = self.store.timing.refresh_after(None);
        Ok(Some(Arc::new(AlbKey::new(self.id, public_key, self.started, refresh_after))))
    }

    /// Puts the key in use, or a key that is gone out of it, and lets the next fetch start: all at
    /// once, so that nobody sees one without the other.
    ///
    /// `None` if this fetch was given up as lost and overtaken: a key that is still missing is fetched
    /// again.
    fn apply(&self, answer: &Answer) -> Option<Change> {
        let mut state = self.store.state();
        if !state.schedule.is_newest(self.number) {
            return None;
        }
        let now = self.store.clock.now();
        let keys = self.store.key_set.load();
        let known = keys.get(self.id);
        let mut denied = if keys.is_empty() { Denied::NoneYet } else { Denied::Unknown };
        match answer {
            Ok(Some(key)) => {
                self.store.key_set.store(Arc::new(keys.with(Arc::clone(key))));
                state.queue.allow(self.id);
            }
            Ok(None) => {
                // One wrong answer does not take a key out of use that has verified tokens.
                denied = match known {
                    Some(key) if !key.is_proven() => Denied::Unknown,
                    Some(key) if key.deny_first_time() => Denied::Kept,
                    Some(_) => Denied::Removed,
                    None => denied,
                };
                if !matches!(denied, Denied::Kept) {
                    self.store.key_set.store(Arc::new(keys.without(self.id)));
                }
                state.queue.deny(self.id, self.started);
            }
            Err(_) => {}
        }
        let end = match answer {
            Ok(_) => FetchEnd::Good,
            Err(error) => FetchEnd::Failed { error: error.clone(), cold: known.is_none() },
        };
        let was_out = state.schedule.last_error.is_some();
        state.schedule.end(end, now);
        if answer.is_ok() {
            state.last_answer = Some(now);
        }
        Some(Change { denied, ends_outage: was_out && answer.is_ok() })
    }

    /// Logs and counts what came of it.
    fn report(&self, answer: &Answer, change: &Change) {
        let arn = self.store.load_balancer.arn();
        let url = self.store.load_balancer.key_url();
        let kid = self.id;
        match (answer, change.denied) {
            (Ok(Some(_)), _) => tracing::info!(arn, %kid, "got a key of the load balancer"),
            (Err(error), _) => {
                tracing::warn!(arn, url, %kid, %error, "no answer from the key endpoint");
            }
            (Ok(None), Denied::Kept) => tracing::warn!(
                arn, url, %kid,
                "the key endpoint denies a key that is in use: the key works until another fetch \
                 says the same"
            ),
            (Ok(None), Denied::Removed) => tracing::warn!(
                arn, url, %kid,
                "the key endpoint no longer has a key that was in use"
            ),
            (Ok(None), Denied::NoneYet) => tracing::warn!(
                arn, url, %kid,
                "the key endpoint does not have this key; it has given no key yet: \
                 403 may mean that access is denied"
            ),
            // What is no more than somebody's made-up id is not worth a warning.
            (Ok(None), Denied::Unknown) => {
                tracing::debug!(arn, %kid, "the key endpoint does not have this key");
            }
        }
        telemetry::fetched(url, answer.as_ref().err());
        if change.ends_outage {
            tracing::info!(url, "the key endpoint answers again");
        }
    }
}

impl flight::Landing for Landing {
    fn request(&mut self) -> Option<JwksRequest> {
        if !self.store.state().schedule.is_newest(self.number) {
            return None;
        }
        let url = format!("{}/{}", self.store.load_balancer.key_url(), self.id);
        Some(JwksRequest::new(url, None))
    }

    fn land(self, response: Result<JwksResponse, JwksError>) {
        let answer = self.read(response);
        let Some(change) = self.apply(&answer) else { return };
        // Before the report, which runs code of the program's, and that may panic.
        self.done.send_replace(Some(answer.as_ref().map(|_| ()).map_err(Clone::clone)));
        self.report(&answer, &change);
    }
}

impl Drop for Landing {
    /// Changes nothing for a fetch that has landed.
    fn drop(&mut self) {
        let mut state = self.store.state();
        if state.schedule.is_pending(self.number) {
            state.schedule.abandon();
        }
    }
}
