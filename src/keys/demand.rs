use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::flight::Flight;
use super::issuer::IssuerKeys;
use super::schedule::{FetchReason, FetchResult, Throttled};
use super::snapshot::NoKey;
use super::sync::{Runtime, timeout_at};
use crate::clock::Moment;

/// Said when nothing tells how long: the next fetch may start at once, or there will be none.
pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why no fetch started.
pub(super) enum NotStarted {
    Throttled(Throttled),
    NoSource,
    NoRuntime,
}

/// What a token is told when no fetch can start for it.
pub(super) fn judge(cause: FetchReason, refusal: &NotStarted) -> NoKey {
    let unknown = cause == FetchReason::UnknownKey;
    match refusal {
        NotStarted::Throttled(blocked) if unknown && blocked.just_answered => NoKey::Unknown,
        NotStarted::Throttled(blocked) => NoKey::Unavailable { retry_after: blocked.retry_after },
        NotStarted::NoSource if unknown => NoKey::Unknown,
        NotStarted::NoSource | NotStarted::NoRuntime => {
            NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER }
        }
    }
}

impl IssuerKeys {
    /// Joins the fetch that is under way, or starts one if one may start.
    pub(super) fn demand(
        self: &Arc<Self>,
        cause: FetchReason,
        now: Moment,
    ) -> Result<watch::Receiver<FetchResult>, NotStarted> {
        let fetcher = self.fetcher.clone().ok_or(NotStarted::NoSource)?;
        let runtime = Runtime::try_current().map_err(|_| NotStarted::NoRuntime)?;
        let begun = {
            let mut schedule = self.schedule();
            if let Some(receiver) = schedule.in_flight(self.timing.lost_after(), now) {
                return Ok(receiver);
            }
            schedule.begin(cause, now)
        };
        let done = begun.map_err(|blocked| self.hold_up(cause, blocked))?;
        let receiver = done.1.subscribe();
        // Outside of the lock: a runtime that is shutting down drops the task right here, and
        // the dropped flight takes the lock to say that it ended.
        runtime.spawn(Flight::new(Arc::clone(self), cause, now, done).fly(fetcher));
        Ok(receiver)
    }

    /// Logged once for each fetch that comes before: a flood of tokens makes no flood of lines.
    fn hold_up(&self, cause: FetchReason, blocked: Throttled) -> NotStarted {
        if blocked.first {
            let (url, retry_after) = (self.url.as_str(), blocked.retry_after);
            tracing::debug!(url, ?cause, ?retry_after, "the next fetch of the JWKS is held up");
        }
        NotStarted::Throttled(blocked)
    }
}

/// Waits until the fetch has ended: its sender is dropped then.
pub(super) async fn ended(flight: &mut watch::Receiver<FetchResult>) {
    while flight.changed().await.is_ok() {}
}

/// Whether the fetch ended before the deadline.
pub(crate) async fn ended_by(deadline: Instant, flight: &mut watch::Receiver<FetchResult>) -> bool {
    timeout_at(deadline, ended(flight)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Only a cache without the feature `reqwest` can lack a source.
    #[test]
    fn without_a_source_a_key_that_is_not_there_is_unknown_and_missing_keys_are_unavailable() {
        assert_eq!(judge(FetchReason::UnknownKey, &NotStarted::NoSource), NoKey::Unknown);
        let unavailable = NoKey::Unavailable { retry_after: DEFAULT_RETRY_AFTER };
        for cause in [FetchReason::NoKeys, FetchReason::Due, FetchReason::Program] {
            assert_eq!(judge(cause, &NotStarted::NoSource), unavailable, "{cause:?}");
        }
    }
}
