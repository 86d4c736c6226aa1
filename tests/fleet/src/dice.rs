//! What the crate draws, known in advance.

use std::sync::LazyLock;

/// Draws for the crate: seeds its generator, and tells what that will give.
pub(crate) struct Dice {
    pub(crate) seeds: fastrand::Rng,
    pub(crate) jitter: bool,
    pub(crate) failures: u32,
}

impl Dice {
    /// In how many seconds the next fetch may start, or should, after an answer or a failure.
    pub(crate) fn roll(&mut self, good: bool) -> f64 {
        self.failures = if good { 0 } else { self.failures + 1 };
        let seed = match (self.jitter, good) {
            (true, _) => self.seeds.u64(..),
            (false, true) => *MIDDLE,
            (false, false) => *LONGEST,
        };
        fastrand::seed(seed);
        let drawn = fastrand::Rng::with_seed(seed).f64();
        if good {
            return 270.0 + 60.0 * drawn;
        }
        let back_off = 60_u32.min(1 << (self.failures - 1).min(6));
        (f64::from(back_off) * drawn).max(5.0)
    }
}

static MIDDLE: LazyLock<u64> = LazyLock::new(|| seed_for(0.5));

static LONGEST: LazyLock<u64> = LazyLock::new(|| seed_for(0.9995));

/// A seed after which `fastrand` draws about this number.
fn seed_for(number: f64) -> u64 {
    let close = |seed: &u64| (fastrand::Rng::with_seed(*seed).f64() - number).abs() < 0.0005;
    (0..).find(close).unwrap_or_default()
}
