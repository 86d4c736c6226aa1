//! When a fetch may start, as a state machine without a clock: the time is always an argument.
//!
//! | the last fetch | the next one may start |
//! |---|---|
//! | none | now |
//! | is under way | when it has ended, or is lost: twice `request_timeout` after its start, and one spacing |
//! | succeeded | one spacing (2.5 s) after its start |
//! | failed | one spacing after its start, and one back-off after its end: up to 1 s, 2 s, 4 s … 60 s (5 s without keys) |
//! | says that there is no such issuer (403, 404) | 5 minutes after its end |
//! | was dropped before it ended | as if it had never started |
//!
//! Neither spacing nor back-off delay a fetch that the program itself asks for: no client can cause
//! one.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::sync::timeout_at;
use crate::JwksError;
use crate::clock::Moment;

/// Between the starts of two fetches, whatever causes them. Shorter than the default `max_wait`, so
/// a token whose key is missing can wait for the next fetch.
const SPACING: Duration = Duration::from_millis(2500);
const MAX_BACK_OFF: Duration = Duration::from_secs(60);
/// The longest back-off while there are no keys: then every request depends on the next fetch.
const MAX_COLD_BACK_OFF: Duration = Duration::from_secs(5);
const IDLE_AFTER: Duration = Duration::from_secs(3600);
/// How long an issuer that does not exist is not asked for again.
const ABSENT_FOR: Duration = Duration::from_secs(5 * 60);

/// Why a fetch is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchReason {
    /// There are no keys, or they are too old.
    NoKeys,
    /// The keys have reached the age at which they are refreshed.
    Due,
    /// A token names a key that is not in the set.
    UnknownKey,
    /// The program asks.
    Program,
}

/// How a fetch ended, for the decision when the next one may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchEnd {
    Good,
    /// It brought no keys; `cold`: and there were none before.
    Failed {
        error: JwksError,
        cold: bool,
    },
    /// There is no such issuer.
    Absent {
        error: JwksError,
    },
}

/// How a fetch ended, for those who wait for it.
pub(crate) type FetchResult = Result<(), JwksError>;

/// Where a fetch says how it ended; `None` until then, and for good if it was dropped.
pub(crate) type FetchSender = watch::Sender<Option<FetchResult>>;

/// When a fetch may start: single flight, spacing and back-off.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    last_start: Option<Moment>,
    /// The start before that: it counts again if the last fetch is dropped.
    previous_start: Option<Moment>,
    /// Since when, and for how long, failures delay the next fetch.
    back_off: Option<(Moment, Duration)>,
    absent_since: Option<Moment>,
    in_flight: Option<watch::Receiver<Option<FetchResult>>>,
    /// How many fetches began: the number of the last one.
    begun: u64,
    /// Whether a fetch was throttled since the last one began.
    throttled: bool,
    /// Whether the last fetch began after an hour without any, or after one that was lost.
    ended_idleness: bool,
    failures_in_row: u32,
    pub(crate) last_error: Option<JwksError>,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

/// A fetch that may not start yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) retry_after: Duration,
    /// Whether the last fetch failed, so that the next one may well fail too.
    pub(crate) failing: bool,
    /// Whether no other fetch was throttled since the last one began.
    pub(crate) first: bool,
}

/// A fetch that is under way, for those who wait for it.
#[derive(Debug)]
pub(crate) struct PendingFetch {
    /// Later fetches have greater numbers.
    pub(crate) number: u64,
    /// When it is given up as lost.
    lost_at: Instant,
    ended: watch::Receiver<Option<FetchResult>>,
}

/// What a wait for a fetch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    Ended(FetchResult),
    /// It was dropped, or is lost: it told nothing, and another may take its place.
    Lost,
    /// The time to wait is over.
    TimedOut,
}

impl Schedule {
    /// The fetch that is under way.
    ///
    /// One that began longer than `limit` ago is lost: whatever runs it stands still.
    pub(crate) fn in_flight(&self, limit: Duration, now: Moment) -> Option<PendingFetch> {
        let ended = self.in_flight.clone()?;
        let left = limit.checked_sub(now.since(self.last_start?))?;
        Some(PendingFetch { number: self.begun, lost_at: lost_at(now, left), ended })
    }

    /// Begins a fetch, unless it is throttled. Returns its number, and the sender that lives as long
    /// as it. Not while one is [under way](Self::in_flight).
    pub(crate) fn begin(
        &mut self,
        reason: FetchReason,
        now: Moment,
    ) -> Result<(u64, FetchSender), Throttled> {
        let retry_after = match reason {
            FetchReason::Program => Duration::ZERO,
            FetchReason::NoKeys | FetchReason::Due | FetchReason::UnknownKey => {
                self.blocked_for(now)
            }
        };
        if !retry_after.is_zero() {
            let failing = self.last_error.is_some();
            let first = !std::mem::replace(&mut self.throttled, true);
            return Err(Throttled { retry_after, failing, first });
        }
        // `in_flight` is still set, but the caller did not join it: it was given up as lost.
        let lost = self.in_flight.is_some();
        self.previous_start = self.last_start;
        self.ended_idleness =
            lost || self.last_start.is_some_and(|start| now.since(start) >= IDLE_AFTER);
        let (sender, receiver) = watch::channel(None);
        self.last_start = Some(now);
        self.in_flight = Some(receiver);
        self.begun = self.begun.saturating_add(1);
        self.throttled = false;
        Ok((self.begun, sender))
    }

    /// How many fetches began: the number of the last one.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// Whether no fetch began after this one.
    pub(crate) fn is_newest(&self, number: u64) -> bool {
        number == self.begun
    }

    /// Notes how the newest fetch ended.
    pub(crate) fn end(&mut self, end: FetchEnd, now: Moment) {
        self.in_flight = None;
        self.absent_since = None;
        self.back_off = None;
        match end {
            FetchEnd::Good => {
                self.succeeded = self.succeeded.saturating_add(1);
                self.failures_in_row = 0;
                self.last_error = None;
            }
            FetchEnd::Failed { error, cold } => {
                self.failed = self.failed.saturating_add(1);
                self.failures_in_row = self.failures_in_row.saturating_add(1);
                self.last_error = Some(error);
                self.back_off = Some((now, back_off(self.failures_in_row, cold)));
            }
            FetchEnd::Absent { error } => {
                self.failed = self.failed.saturating_add(1);
                self.failures_in_row = 0;
                self.last_error = Some(error);
                self.absent_since = Some(now);
            }
        }
    }

    /// Whether this fetch is the newest and has not ended.
    pub(crate) fn is_pending(&self, number: u64) -> bool {
        self.is_newest(number) && self.in_flight.is_some()
    }

    /// Notes that the newest fetch was dropped before it ended: it asked nothing, so it delays nothing.
    pub(crate) fn abandon(&mut self) {
        self.in_flight = None;
        self.last_start = self.previous_start;
    }

    /// How long spacing and back-off delay the next fetch; zero: it may start.
    pub(crate) fn blocked_for(&self, now: Moment) -> Duration {
        let rest = |since: Moment, length: Duration| length.saturating_sub(now.since(since));
        let backed_off = self.back_off.map_or(Duration::ZERO, |(end, length)| rest(end, length));
        let spaced = self.last_start.map_or(Duration::ZERO, |start| rest(start, SPACING));
        spaced.max(backed_off)
    }

    /// Whether the issuer was found not to exist, not long ago.
    pub(crate) fn is_absent(&self, now: Moment) -> bool {
        self.absent_since.is_some_and(|since| now.since(since) < ABSENT_FOR)
    }

    /// Whether nothing was tried for an hour, for keys that are there `since` then, or what was tried
    /// is lost (see [`in_flight`](Self::in_flight)); and while the fetch that ends this is under way.
    pub(crate) fn is_idle(&self, since: Moment, limit: Duration, now: Moment) -> bool {
        if self.in_flight(limit, now).is_some() {
            return self.ended_idleness;
        }
        let lost = self.in_flight.is_some();
        lost || now.since(self.last_start.unwrap_or(since)) >= IDLE_AFTER
    }
}

impl PendingFetch {
    /// The fetch of this sender, which begins now and is lost after `limit`.
    pub(crate) fn new(number: u64, sender: &FetchSender, now: Moment, limit: Duration) -> Self {
        Self { number, lost_at: lost_at(now, limit), ended: sender.subscribe() }
    }

    /// Waits until the fetch has ended, is lost, or the time is over.
    pub(crate) async fn ended_by(mut self, deadline: Instant) -> Waited {
        let ended = async {
            // An error says that the sender is gone, and without a result: the fetch was dropped.
            match self.ended.wait_for(Option::is_some).await {
                Ok(result) => result.clone().map_or(Waited::Lost, Waited::Ended),
                Err(_) => Waited::Lost,
            }
        };
        match timeout_at(deadline.min(self.lost_at), ended).await {
            Ok(waited) => waited,
            Err(_) if deadline <= self.lost_at => Waited::TimedOut,
            Err(_) => Waited::Lost,
        }
    }
}

/// When a fetch is lost that may take so long from now: later than that, and not at that moment.
fn lost_at(now: Moment, left: Duration) -> Instant {
    now.deadline(left.saturating_add(Duration::from_millis(1)))
}

/// 1 s × 2ⁿ with full jitter: anything from nothing to all of it.
fn back_off(failures_in_row: u32, cold: bool) -> Duration {
    let longest = if cold { MAX_COLD_BACK_OFF } else { MAX_BACK_OFF };
    let doublings = failures_in_row.saturating_sub(1).min(16);
    let step = Duration::from_secs(1_u64 << doublings).min(longest);
    step.mul_f64(fastrand::f64())
}
