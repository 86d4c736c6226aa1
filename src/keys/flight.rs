use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::control::{Cause, Ending};
use super::issuer::IssuerKeys;
use super::jwk::usable_keys;
use super::key_set::KeySet;
use crate::clock::Moment;
use crate::fetch::{DynFetchJwks, JwksRequest, JwksResponse};
use crate::{JwksError, telemetry};

/// One fetch under way, on a task of its own: no request that waits for it can lose it.
///
/// It lands when it is dropped, so it lands also when its task is: a panic in the fetcher, or a
/// runtime that shuts down. The sender goes last, and wakes those who wait.
pub(super) struct Flight {
    keys: Arc<IssuerKeys>,
    cause: Cause,
    started: Moment,
    number: u64,
    outcome: Result<JwksResponse, JwksError>,
    _done: watch::Sender<()>,
}

impl Flight {
    pub(super) fn new(
        keys: Arc<IssuerKeys>,
        cause: Cause,
        started: Moment,
        (number, done): (u64, watch::Sender<()>),
    ) -> Self {
        let outcome = Err(JwksError::Interrupted);
        Self { keys, cause, started, number, outcome, _done: done }
    }

    pub(super) async fn fly(mut self, fetcher: Arc<dyn DynFetchJwks>) {
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

    /// Replaces the set, so that a removed key is refused from now on, and says what changed.
    fn replace(&self, response: JwksResponse) -> Result<Ending, JwksError> {
        let previous = self.keys.key_set.load_full();
        let key_set = Arc::new(self.key_set(response, previous.as_deref())?);
        self.keys.key_set.store(Some(Arc::clone(&key_set)));
        let url = self.keys.url.as_str();
        telemetry::keys_fetched(url, self.started.wall());
        let new = key_set.beyond(previous.as_deref());
        match previous.map(|previous| previous.beyond(Some(&key_set)).len()) {
            None => tracing::info!(url, kids = ?new, "got the first keys of the user pool"),
            Some(removed) if removed > 0 || !new.is_empty() => {
                tracing::info!(url, ?new, removed, "the keys of the user pool changed");
            }
            Some(_) => tracing::debug!(url, "the keys of the user pool are as they were"),
        }
        Ok(Ending::Good { new_keys: !new.is_empty() })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Given up for lost, and overtaken: what it brings is older than what is there.
        if !self.keys.control().is_newest(self.number) {
            return;
        }
        let outcome = std::mem::replace(&mut self.outcome, Err(JwksError::Interrupted));
        let ending = outcome.and_then(|response| self.replace(response));
        let now = self.keys.clock.now();
        let ending = ending.unwrap_or_else(|error| {
            tracing::warn!(url = self.keys.url.as_str(), %error, "no keys from the JWKS endpoint");
            Ending::Failed { error, cold: !self.keys.view(now).is_alive() }
        });
        let error = match &ending {
            Ending::Good { .. } => None,
            Ending::Failed { error, .. } => Some(error),
        };
        let failed = error.is_some();
        telemetry::fetched(&self.keys.url, error);
        if self.keys.failing.swap(failed, Ordering::Relaxed) && !failed {
            tracing::info!(url = self.keys.url.as_str(), "the JWKS endpoint answers again");
        }
        self.keys.control().end(self.number, self.cause, ending, now);
    }
}

/// Fetches, with one more try at once after a connection error, all within the limit.
pub(super) async fn attempt(
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
