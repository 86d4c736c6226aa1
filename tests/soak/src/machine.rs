//! What the machine itself costs: its stalls, and the memory in use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The longest time for which the machine left a thread waiting that wanted to run, in µs.
static STALL: AtomicU64 = AtomicU64::new(0);

pub(crate) fn stall() -> Duration {
    Duration::from_micros(STALL.load(Ordering::Relaxed))
}

/// Measures it on a thread of its own, so that nothing that the crate does can lengthen it.
pub(crate) fn watch_the_machine() {
    const BEAT: Duration = Duration::from_millis(5);
    loop {
        let start = Instant::now();
        std::thread::sleep(BEAT);
        let late = start.elapsed().saturating_sub(BEAT).as_micros();
        STALL.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Resident memory in KiB, where the system tells.
pub(crate) fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
