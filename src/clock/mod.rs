//! What time it is, by the two clocks that a computer has.

mod atomic;
#[cfg(feature = "testing")]
mod test_clock;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

pub(crate) use self::atomic::AtomicMoment;
#[cfg(feature = "testing")]
pub use self::test_clock::TestClock;

/// A moment by both clocks: the monotonic one, and the wall clock since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: Duration,
}

impl Moment {
    /// How long ago `earlier` was, by the clock that says more.
    ///
    /// The monotonic clock stands still while a process is frozen (Lambda, a suspended machine);
    /// the wall clock may be set back. The later of the two never makes anything too young.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        monotonic.max(self.wall.saturating_sub(earlier.wall))
    }

    /// Whether this moment came at or after `other`, by the monotonic clock.
    pub(crate) fn is_from(self, other: Self) -> bool {
        self.monotonic >= other.monotonic
    }

    /// The wall clock, without what it was set forward since `earlier`.
    pub(crate) fn steady_wall(self, earlier: Self) -> Duration {
        let elapsed = self.monotonic.saturating_duration_since(earlier.monotonic);
        self.wall.min(earlier.wall.saturating_add(elapsed))
    }

    /// The wall clock, since 1970-01-01 UTC.
    pub(crate) fn wall(self) -> Duration {
        self.wall
    }

    /// The monotonic instant `duration` later.
    pub(crate) fn deadline(self, duration: Duration) -> Instant {
        self.monotonic + duration.min(MAX_WAIT)
    }
}

/// An upper bound for waits, so that an absurd setting does not overflow an instant.
const MAX_WAIT: Duration = Duration::from_secs(86_400);

/// The source of the time.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The clocks of the system.
    #[default]
    System,
    /// The clocks of the system, with the wall clock moved by a test.
    #[cfg(feature = "testing")]
    Test(TestClock),
}

impl Clock {
    /// The current moment.
    pub(crate) fn now(&self) -> Moment {
        let monotonic = Instant::now();
        let wall = match self {
            Self::System => since_epoch(SystemTime::now()),
            #[cfg(feature = "testing")]
            Self::Test(clock) => clock.since_epoch(),
        };
        Moment { monotonic, wall }
    }
}

/// The time since 1970; zero for a clock that stands before it.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
