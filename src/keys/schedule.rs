use std::time::Duration;

use tokio::sync::watch;

use crate::JwksError;
use crate::clock::Moment;

/// Between the starts of two fetches, whatever causes them.
const SPACING: Duration = Duration::from_secs(5);
/// The same, after [`MAX_FRUITLESS`] fetches for unknown keys in a row brought no new one.
const WIDE_SPACING: Duration = Duration::from_secs(10);
const MAX_FRUITLESS: u32 = 3;
const MAX_BACK_OFF: Duration = Duration::from_secs(60);
/// The longest back-off while there are no keys: then every request depends on the next fetch.
const MAX_COLD_BACK_OFF: Duration = Duration::from_secs(5);
const IDLE_AFTER: Duration = Duration::from_secs(3600);

/// Why a fetch is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchReason {
    /// There are no keys, or they are too old.
    NoKeys,
    /// The keys have reached the age at which they are read again.
    Due,
    /// A token names a key that is not in the set.
    UnknownKey,
    /// The program asks: no client can cause this, so nothing holds it up.
    Program,
}

/// How a fetch ended, for the decision when the next one may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchEnd {
    /// A good answer, with or without a key that was not there before.
    Good { new_keys: bool },
    /// No keys were brought; `cold`: and there were none before.
    Failed { error: JwksError, cold: bool },
}

/// How a fetch ended, for those who wait for it: an interrupted one until it has.
pub(crate) type FetchResult = Result<(), JwksError>;

/// When a fetch may start: single flight, spacing and back-off. Pure, and without a clock.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    last_start: Option<Moment>,
    /// Since when, and for how long, failures hold the next fetch up.
    back_off: Option<(Moment, Duration)>,
    in_flight: Option<watch::Receiver<FetchResult>>,
    /// How many fetches began: the number of the last one.
    begun: u64,
    /// Whether a fetch was wanted too early since the last one began.
    held_up: bool,
    /// Whether the last fetch began after an hour without any, or after one that was lost.
    ended_idleness: bool,
    failures_in_row: u32,
    fruitless_in_row: u32,
    pub(crate) last_error: Option<JwksError>,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

/// Until a fetch may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) retry_after: Duration,
    /// A good fetch started within the spacing: what it did not bring does not exist.
    pub(crate) just_answered: bool,
    /// No other fetch was held up since the last one began.
    pub(crate) first: bool,
}

impl Schedule {
    /// What to wait for while a fetch is under way: it closes when the fetch has ended.
    ///
    /// One that began longer ago than `limit` is lost: its runtime does not run any more.
    pub(crate) fn in_flight(
        &self,
        limit: Duration,
        now: Moment,
    ) -> Option<watch::Receiver<FetchResult>> {
        let started = self.last_start?;
        self.in_flight.clone().filter(|_| now.since(started) <= limit)
    }

    /// Begins a fetch, unless spacing or back-off hold it up. Returns its number, and the sender
    /// that lives as long as it. Not while one is [under way](Self::in_flight).
    pub(crate) fn begin(
        &mut self,
        cause: FetchReason,
        now: Moment,
    ) -> Result<(u64, watch::Sender<FetchResult>), Throttled> {
        let retry_after = self.blocked_for(now);
        if cause != FetchReason::Program && !retry_after.is_zero() {
            // A fetch that is still here is a lost one: it answered nothing.
            let just_answered = self.last_error.is_none() && self.in_flight.is_none();
            let first = !std::mem::replace(&mut self.held_up, true);
            return Err(Throttled { retry_after, just_answered, first });
        }
        let (sender, receiver) = watch::channel(Err(JwksError::Interrupted));
        let idle = self.last_start.is_some_and(|start| now.since(start) >= IDLE_AFTER);
        self.ended_idleness = idle || self.in_flight.is_some();
        self.last_start = Some(now);
        self.in_flight = Some(receiver);
        self.begun = self.begun.saturating_add(1);
        self.held_up = false;
        Ok((self.begun, sender))
    }

    /// Whether no fetch began after this one.
    pub(crate) fn is_newest(&self, number: u64) -> bool {
        number == self.begun
    }

    /// Notes how the newest fetch ended.
    pub(crate) fn end(&mut self, cause: FetchReason, ending: FetchEnd, now: Moment) {
        self.in_flight = None;
        match ending {
            FetchEnd::Good { new_keys } => {
                self.succeeded = self.succeeded.saturating_add(1);
                self.failures_in_row = 0;
                self.last_error = None;
                self.back_off = None;
                self.count_fruitless(cause, new_keys);
            }
            FetchEnd::Failed { error, cold } => {
                self.failed = self.failed.saturating_add(1);
                self.failures_in_row = self.failures_in_row.saturating_add(1);
                self.last_error = Some(error);
                self.back_off = Some((now, back_off(self.failures_in_row, cold)));
            }
        }
    }

    /// How long spacing and back-off hold the next fetch up; zero: it may start.
    pub(crate) fn blocked_for(&self, now: Moment) -> Duration {
        let spacing = if self.fruitless_in_row >= MAX_FRUITLESS { WIDE_SPACING } else { SPACING };
        let rest = |since: Moment, length: Duration| length.saturating_sub(now.since(since));
        let spaced = self.last_start.map_or(Duration::ZERO, |start| rest(start, spacing));
        let backed_off = self.back_off.map_or(Duration::ZERO, |(end, length)| rest(end, length));
        spaced.max(backed_off)
    }

    /// Whether nothing was tried for an hour, for keys that are there since `born`, or what was tried
    /// is lost (see [`in_flight`](Self::in_flight)); and while the fetch that ends this is under way.
    pub(crate) fn is_idle(&self, born: Moment, limit: Duration, now: Moment) -> bool {
        if self.in_flight(limit, now).is_some() {
            return self.ended_idleness;
        }
        let lost = self.in_flight.is_some();
        lost || now.since(self.last_start.unwrap_or(born)) >= IDLE_AFTER
    }

    fn count_fruitless(&mut self, cause: FetchReason, new_keys: bool) {
        if new_keys {
            self.fruitless_in_row = 0;
        } else if cause == FetchReason::UnknownKey {
            self.fruitless_in_row = self.fruitless_in_row.saturating_add(1);
        }
    }
}

/// 1 s × 2ⁿ with full jitter: anything from nothing to all of it.
fn back_off(failures_in_row: u32, cold: bool) -> Duration {
    let longest = if cold { MAX_COLD_BACK_OFF } else { MAX_BACK_OFF };
    let doublings = failures_in_row.saturating_sub(1).min(16);
    let step = Duration::from_secs(1_u64 << doublings).min(longest);
    step.mul_f64(fastrand::f64())
}
