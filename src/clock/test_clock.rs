use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A wall clock that a test can move, for everything that was made from one
/// [`TestPool`](crate::testing::TestPool).
///
/// It starts at the time of the system and runs with tokio's clock, so it stands still and
/// advances with `tokio::time::pause` and `advance` too. Moving it leaves the monotonic clock
/// alone: as when a process is frozen, or when somebody sets the clock. Clone = the same clock.
///
/// Example: [time in tests](crate::guide::testing_your_application#time).
#[derive(Clone, Debug)]
pub struct TestClock {
    start: Instant,
    start_wall: Duration,
    moved_millis: Arc<AtomicI64>,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        Self {
            // Not tokio's own `now`: so all clocks agree, those too that were made in a runtime
            // whose paused time had been advanced before.
            start: Instant::from_std(std::time::Instant::now()),
            start_wall: super::since_epoch(SystemTime::now()),
            moved_millis: Arc::default(),
        }
    }

    /// Moves the wall clock forward: tokens and keys grow older at once. In whole milliseconds.
    pub fn advance(&self, by: Duration) {
        self.moved_millis.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Sets the wall clock back. In whole milliseconds.
    pub fn set_back(&self, by: Duration) {
        self.moved_millis.fetch_sub(millis(by), Ordering::SeqCst);
    }

    /// What the clock says now.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.since_epoch()
    }

    pub(crate) fn since_epoch(&self) -> Duration {
        let now = Instant::now();
        // A paused clock may stand before the start, which was read off the system's.
        let behind = self.start.saturating_duration_since(now);
        let ahead = now.saturating_duration_since(self.start);
        let running = self.start_wall.saturating_add(ahead).saturating_sub(behind);
        let moved = self.moved_millis.load(Ordering::SeqCst);
        let distance = Duration::from_millis(moved.unsigned_abs());
        if moved < 0 { running.saturating_sub(distance) } else { running.saturating_add(distance) }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
