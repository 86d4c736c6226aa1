//! What happens to the endpoint, and when.

use std::time::Duration;

/// A stretch of the script.
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) length: Duration,
    pub(crate) latency: Duration,
    pub(crate) outage: bool,
    pub(crate) rotates: bool,
    /// Whether tokens with keys that nobody has are sent.
    pub(crate) flood: bool,
}

const fn phase(name: &'static str, millis: u64) -> Phase {
    let (length, latency) = (Duration::from_millis(millis), Duration::ZERO);
    Phase { name, length, latency, outage: false, rotates: false, flood: true }
}

const SLOW: Duration = Duration::from_secs(1);

const HANGING: Duration = Duration::from_secs(8);

/// Each stretch is long enough for the fetch that it is about.
pub(crate) const ROUND: [Phase; 8] = [
    Phase { latency: SLOW, ..phase("slow", 3_000) },
    Phase { latency: SLOW, rotates: true, ..phase("slow, rotated", 6_000) },
    Phase { flood: false, ..phase("well", 5_000) },
    Phase { latency: HANGING, ..phase("hanging", 6_500) },
    Phase { outage: true, ..phase("cut", 3_500) },
    Phase { outage: true, rotates: true, ..phase("cut, rotated", 2_000) },
    phase("restored", 4_000),
    phase("flooded", 30_000),
];
