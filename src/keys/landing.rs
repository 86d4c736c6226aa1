use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::flight;
use super::jwk::usable_keys;
use super::key_set::KeySet;
use super::schedule::{FetchEnd, FetchResult, FetchSender};
use super::store::Store;
use crate::clock::Moment;
use crate::fetch::{JwksRequest, JwksResponse};
use crate::{JwksError, telemetry};

/// What a fetch of an issuer's keys changes when it ends.
pub(super) struct Landing {
    store: Arc<Store>,
    started: Moment,
    number: u64,
    /// Whether the request had an `If-None-Match`: only then may the answer be 304.
    conditional: bool,
    /// Dropped last: it wakes those who wait.
    done: FetchSender,
}

/// What a fetch that ended changed.
struct Changes {
    previous: Option<Arc<KeySet>>,
    was_failing: bool,
}

impl Landing {
    pub(super) fn new(
        store: Arc<Store>,
        started: Moment,
        (number, done): (u64, FetchSender),
    ) -> Self {
        Self { store, started, number, conditional: false, done }
    }

    /// The key set after this fetch.
    fn key_set(&self, response: JwksResponse) -> Result<Arc<KeySet>, JwksError> {
        let previous = self.store.key_set.load();
        let previous = previous.as_deref();
        let timing = &self.store.timing;
        let refresh_after = timing.refresh_after(response.max_age);
        let key_set = match response.body {
            Some(body) => {
                let keys = usable_keys(&body)?;
                KeySet::new(keys, previous, self.started, refresh_after, timing.max_stale)
                    .fetched(response.etag)
            }
            // 304 is only valid in reply to `If-None-Match` (RFC 9110 §15.4.5).
            None => previous.filter(|_| self.conditional).ok_or(JwksError::Status(304))?.confirmed(
                self.started,
                refresh_after,
                timing.max_stale,
            ),
        };
        Ok(Arc::new(key_set))
    }

    /// How this fetch ended.
    fn end(&self, result: &FetchResult, now: Moment) -> FetchEnd {
        match result {
            Ok(()) => FetchEnd::Good,
            // Any address of the pool's own region answers, and 403 or 404 where the pool has no such
            // issuer. Nobody's outage, so nobody's 503.
            Err(error @ JwksError::Status(403 | 404))
                if self.store.optional && !self.store.is_in_use() =>
            {
                FetchEnd::Absent { error: error.clone() }
            }
            Err(error) => {
                let cold = !self.store.snapshot(now).is_usable();
                FetchEnd::Failed { error: error.clone(), cold }
            }
        }
    }

    /// Puts the new set in use, so that a removed key is refused from now on, and lets the next fetch
    /// start: both at once, so that nobody sees one without the other.
    ///
    /// Returns `None` if this fetch was given up as lost and overtaken: what it brings is older than
    /// what is there.
    fn apply(&self, key_set: Option<&Arc<KeySet>>, end: FetchEnd, now: Moment) -> Option<Changes> {
        let mut schedule = self.store.schedule();
        if !schedule.is_newest(self.number) {
            return None;
        }
        let previous = self.store.key_set.load_full();
        if let Some(key_set) = key_set {
            self.store.key_set.store(Some(Arc::clone(key_set)));
        }
        let failing = matches!(end, FetchEnd::Failed { .. });
        schedule.end(end, now);
        let was_failing = self.store.failing.swap(failing, Ordering::Relaxed);
        Some(Changes { previous, was_failing })
    }
}

impl flight::Landing for Landing {
    fn request(&mut self) -> Option<JwksRequest> {
        if !self.store.schedule().is_newest(self.number) {
            return None;
        }
        let now = self.store.clock.now();
        let etag =
            self.store.key_set.load().as_ref().and_then(|set| set.etag(now, &self.store.timing));
        self.conditional = etag.is_some();
        Some(JwksRequest::new(self.store.url.clone(), etag))
    }

    fn land(self, response: Result<JwksResponse, JwksError>) {
        let (key_set, result) = match response.and_then(|response| self.key_set(response)) {
            Ok(key_set) => (Some(key_set), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let now = self.store.clock.now();
        let end = self.end(&result, now);
        let absent = matches!(end, FetchEnd::Absent { .. });
        let Some(changes) = self.apply(key_set.as_ref(), end, now) else { return };
        // Before the report, which runs code of the program's, and that may panic.
        self.done.send_replace(Some(result.clone()));
        match (key_set, result) {
            (Some(key_set), _) => report_keys(&self.store, &key_set, &changes),
            (None, Err(error)) => report_error(&self.store, &error, absent),
            (None, Ok(())) => {}
        }
    }
}

impl Drop for Landing {
    /// Changes nothing for a fetch that has landed.
    fn drop(&mut self) {
        let now = self.store.clock.now();
        let cold = !self.store.snapshot(now).is_usable();
        let mut schedule = self.store.schedule();
        if !schedule.is_pending(self.number) {
            return;
        }
        if std::thread::panicking() {
            // A log or a metric of the program's panicked while the answer was read: the endpoint was
            // asked, so the next fetch waits as after any failure.
            schedule.end(FetchEnd::Failed { error: JwksError::Interrupted, cold }, now);
            self.store.failing.store(true, Ordering::Relaxed);
        } else {
            schedule.abandon();
        }
    }
}

fn report_keys(store: &Store, key_set: &KeySet, changes: &Changes) {
    let url = store.url.as_str();
    let previous = changes.previous.as_deref();
    let new = key_set.kids_missing_from(previous);
    match previous.map(|previous| previous.kids_missing_from(Some(key_set))) {
        None => tracing::info!(url, kids = ?new, "got the first keys of the user pool"),
        Some(removed) if !(removed.is_empty() && new.is_empty()) => {
            tracing::info!(url, ?new, ?removed, "the keys of the user pool changed");
        }
        Some(_) => tracing::debug!(url, "the keys of the user pool have not changed"),
    }
    if changes.was_failing {
        tracing::info!(url, "the JWKS endpoint answers again");
    }
    telemetry::fetched(url, None);
    telemetry::keys_fetched(url, key_set.started.wall());
}

fn report_error(store: &Store, error: &JwksError, absent: bool) {
    let url = store.url.as_str();
    if absent {
        tracing::debug!(url, %error, "the user pool has no such issuer");
    } else {
        tracing::warn!(url, %error, "no keys from the JWKS endpoint");
    }
    telemetry::fetched(url, Some(error));
}
