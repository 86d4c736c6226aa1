use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::issuer::IssuerKeys;
use super::jwk::usable_keys;
use super::key_set::KeySet;
use super::schedule::{FetchEnd, FetchReason, FetchResult};
use super::sync::timeout;
use crate::clock::Moment;
use crate::fetch::{DynFetchJwks, JwksRequest, JwksResponse};
use crate::{JwksError, telemetry};

/// The keys that a fetch brought, or why it brought none.
type Landed = Result<Arc<KeySet>, JwksError>;

/// One fetch under way, on a task of its own: no request that waits for it can lose it.
///
/// It lands when it is dropped, so it lands also when its task is: a panic in the fetcher, or a
/// runtime that shuts down. The sender goes last, and wakes those who wait.
pub(super) struct Flight {
    keys: Arc<IssuerKeys>,
    cause: FetchReason,
    started: Moment,
    number: u64,
    outcome: Result<JwksResponse, JwksError>,
    done: watch::Sender<FetchResult>,
}

impl Flight {
    pub(super) fn new(
        keys: Arc<IssuerKeys>,
        cause: FetchReason,
        started: Moment,
        (number, done): (u64, watch::Sender<FetchResult>),
    ) -> Self {
        let outcome = Err(JwksError::Interrupted);
        Self { keys, cause, started, number, outcome, done }
    }

    pub(super) async fn fly(mut self, fetcher: Arc<dyn DynFetchJwks>) {
        if !self.keys.schedule().is_newest(self.number) {
            // It waited too long for its turn, and another took its place.
            return;
        }
        let etag = self.keys.key_set.load().as_ref().and_then(|set| set.etag.clone());
        let request = JwksRequest::new(self.keys.url.clone(), etag);
        self.outcome = attempt(&*fetcher, request, self.keys.timing.request_timeout).await;
    }

    /// The key set after this fetch.
    fn key_set(
        &self,
        response: JwksResponse,
        previous: Option<&KeySet>,
    ) -> Result<KeySet, JwksError> {
        let refresh_after = self.keys.timing.refresh_after(response.max_age);
        let Some(body) = response.body else {
            // 304 to a request without an ETag answers a question that was not asked.
            let asked = previous.filter(|set| set.etag.is_some());
            let previous = asked.ok_or(JwksError::Status(304))?;
            return Ok(previous.confirmed(self.started, refresh_after));
        };
        let keys = usable_keys(&body)?;
        let key_set = KeySet::new(keys, previous, self.started, refresh_after);
        Ok(key_set.fetched(response.etag))
    }

    /// Puts the new set in use, so that a removed key is refused from now on, and lets the next fetch
    /// start: both at once, so that nobody sees one without the other.
    ///
    /// Returns whether the last fetch had failed; none if this one was given up for lost and
    /// overtaken: what it brings is older than what is there.
    fn land(&self, landed: &Landed, ending: FetchEnd) -> Option<bool> {
        let now = self.keys.clock.now();
        let mut schedule = self.keys.schedule();
        if !schedule.is_newest(self.number) {
            return None;
        }
        if let Ok(key_set) = landed {
            self.keys.key_set.store(Some(Arc::clone(key_set)));
        }
        schedule.end(self.cause, ending, now);
        Some(self.keys.failing.swap(landed.is_err(), Ordering::Relaxed))
    }

    /// How this fetch ended, compared with the keys from before.
    fn ending(&self, landed: &Landed, previous: Option<&KeySet>) -> FetchEnd {
        match landed {
            Ok(key_set) => {
                FetchEnd::Good { new_keys: !key_set.kids_missing_from(previous).is_empty() }
            }
            Err(error) => {
                let cold = !self.keys.snapshot(self.keys.clock.now()).is_alive();
                FetchEnd::Failed { error: error.clone(), cold }
            }
        }
    }

    /// Logs and counts what came of it.
    fn report(&self, landed: &Landed, previous: Option<&KeySet>, was_failing: bool) {
        let url = self.keys.url.as_str();
        telemetry::fetched(url, landed.as_ref().err());
        let key_set = match landed {
            Ok(key_set) => key_set,
            Err(error) => return tracing::warn!(url, %error, "no keys from the JWKS endpoint"),
        };
        telemetry::keys_fetched(url, self.started.wall());
        let new = key_set.kids_missing_from(previous);
        match previous.map(|previous| previous.kids_missing_from(Some(key_set))) {
            None => tracing::info!(url, kids = ?new, "got the first keys of the user pool"),
            Some(removed) if !(removed.is_empty() && new.is_empty()) => {
                tracing::info!(url, ?new, ?removed, "the keys of the user pool changed");
            }
            Some(_) => tracing::debug!(url, "the keys of the user pool are as they were"),
        }
        if was_failing {
            tracing::info!(url, "the JWKS endpoint answers again");
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Err(JwksError::Interrupted));
        let previous = self.keys.key_set.load_full();
        let previous = previous.as_deref();
        let landed = outcome.and_then(|response| self.key_set(response, previous)).map(Arc::new);
        let ending = self.ending(&landed, previous);
        if let Some(was_failing) = self.land(&landed, ending) {
            self.report(&landed, previous, was_failing);
            let _ = self.done.send_replace(landed.map(drop));
        }
    }
}

/// Fetches, with one more try at once after a connection error, all within the limit.
pub(crate) async fn attempt(
    fetcher: &dyn DynFetchJwks,
    request: JwksRequest,
    limit: Duration,
) -> Result<JwksResponse, JwksError> {
    let attempt = async {
        match fetcher.fetch_boxed(request.clone()).await {
            Err(JwksError::Connect(_)) => fetcher.fetch_boxed(request).await,
            outcome => outcome,
        }
    };
    timeout(limit, attempt).await.unwrap_or(Err(JwksError::Timeout(limit)))
}
