use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Moment;

/// A moment that one task sets and many threads read.
///
/// The two clocks are read apart. A reader that sees one of an older moment takes the moment for
/// older than it is, never for younger.
#[derive(Debug)]
pub(crate) struct AtomicMoment {
    base: Instant,
    /// Nanoseconds since `base`, plus one; zero before the first moment.
    monotonic: AtomicU64,
    /// Nanoseconds since 1970, until 2554.
    wall: AtomicU64,
}

impl AtomicMoment {
    /// No moment yet.
    pub(crate) fn never() -> Self {
        Self { base: Instant::now(), monotonic: AtomicU64::new(0), wall: AtomicU64::new(0) }
    }

    pub(crate) fn set(&self, moment: Moment) {
        self.wall.store(nanos(moment.wall), Ordering::Release);
        let since_base = moment.monotonic.saturating_duration_since(self.base);
        self.monotonic.store(nanos(since_base).saturating_add(1), Ordering::Release);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.monotonic.load(Ordering::Acquire) != 0
    }

    /// How long ago it was, by the clock that says more; `None` before the first one.
    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        let monotonic = self.monotonic.load(Ordering::Acquire).checked_sub(1)?;
        let wall = Duration::from_nanos(self.wall.load(Ordering::Acquire));
        let since_base = now.monotonic.saturating_duration_since(self.base);
        let elapsed = since_base.saturating_sub(Duration::from_nanos(monotonic));
        Some(elapsed.max(now.wall.saturating_sub(wall)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
