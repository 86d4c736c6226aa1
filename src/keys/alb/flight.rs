use std::sync::Arc;

use tokio::sync::watch;

use super::signer::SignerKeys;
use super::{AlbKey, KeyId, pem};
use crate::clock::Moment;
use crate::crypto::EcPublicKey;
use crate::fetch::{DynFetchJwks, JwksRequest, JwksResponse};
use crate::keys::control::{Cause, Ending, Outcome};
use crate::keys::flight::attempt;
use crate::{JwksError, telemetry};

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
    _done: watch::Sender<Outcome>,
}

impl Flight {
    pub(super) fn new(
        keys: Arc<SignerKeys>,
        id: KeyId,
        started: Moment,
        (number, done): (u64, watch::Sender<Outcome>),
    ) -> Self {
        Self { keys, id, started, number, outcome: Err(JwksError::Interrupted), _done: done }
    }

    pub(super) async fn fly(mut self, fetcher: Arc<dyn DynFetchJwks>) {
        let url = format!("{}/{}", self.keys.load_balancer.key_url(), self.id);
        let limit = self.keys.timing.request_timeout;
        self.outcome = attempt(&*fetcher, JwksRequest::new(url, None), limit).await;
    }

    /// What the endpoint said: a key, or that there is none.
    fn answer(&mut self) -> Result<Option<EcPublicKey>, JwksError> {
        match std::mem::replace(&mut self.outcome, Err(JwksError::Interrupted)) {
            // Without the right to list a bucket, S3 says 403 of what is not there.
            Err(JwksError::Status(403 | 404)) => Ok(None),
            Err(error) => Err(error),
            Ok(response) => {
                let body = response.body.ok_or(JwksError::Status(304))?;
                let key = pem::public_key(&body);
                let wrong = || JwksError::Fetch("the answer is not a P-256 key in PEM".to_owned());
                key.ok_or_else(wrong).map(Some)
            }
        }
    }

    fn land(&self, answer: Result<Option<EcPublicKey>, JwksError>) -> (Cause, Ending) {
        let known = self.keys.key(self.id).is_some();
        let cause = if known { Cause::Due } else { Cause::UnknownKey };
        let shelf = self.keys.shelf.load();
        match answer {
            Ok(Some(public_key)) => {
                let refresh_after = self.keys.timing.refresh_after(None);
                let key = AlbKey::new(self.id, public_key, self.started, refresh_after);
                self.keys.shelf.store(Arc::new(shelf.with(key)));
                (cause, Ending::Good { new_keys: !known })
            }
            Ok(None) => {
                self.keys.shelf.store(Arc::new(shelf.without(self.id)));
                self.keys.state().note_absent(self.id, self.started);
                (cause, Ending::Good { new_keys: false })
            }
            Err(error) => (cause, Ending::Failed { error, cold: !known }),
        }
    }

    fn log(&self, answer: Result<Option<&EcPublicKey>, &JwksError>) {
        let (arn, kid) = (self.keys.load_balancer.arn(), self.id);
        match answer {
            Ok(Some(_)) => tracing::info!(arn, %kid, "got a key of the load balancer"),
            Ok(None) => tracing::debug!(arn, %kid, "the key endpoint does not have this key"),
            Err(error) => {
                let url = self.keys.load_balancer.key_url();
                tracing::warn!(arn, url, %kid, %error, "no answer from the key endpoint");
            }
        }
        telemetry::fetched(self.keys.load_balancer.key_url(), answer.err());
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Given up for lost, and overtaken: what it brings is older than what is there.
        if !self.keys.state().control.is_newest(self.number) {
            return;
        }
        let answer = self.answer();
        self.log(answer.as_ref().map(Option::as_ref));
        let (cause, ending) = self.land(answer);
        let now = self.keys.clock.now();
        let recovered = self.keys.state().end(cause, ending, now);
        if recovered {
            let url = self.keys.load_balancer.key_url();
            tracing::info!(url, "the key endpoint answers again");
        }
    }
}
