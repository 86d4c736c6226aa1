use std::time::Duration;

use crate::ConfigError;

/// The durations that a cache goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) refresh_after: Duration,
    pub(crate) max_stale: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) max_wait: Duration,
}

/// `max-age` never shortens the age at which keys are refreshed below this.
const MIN_REFRESH_AFTER: Duration = Duration::from_secs(60);

impl Default for Timing {
    fn default() -> Self {
        Self {
            refresh_after: Duration::from_secs(5 * 60),
            max_stale: Duration::from_secs(24 * 3600),
            request_timeout: Duration::from_secs(3),
            max_wait: Duration::from_secs(3),
        }
    }
}

impl Timing {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let settings = [
            ("refresh_after", self.refresh_after),
            ("max_stale", self.max_stale),
            ("request_timeout", self.request_timeout),
            ("max_wait", self.max_wait),
        ];
        match settings.into_iter().find(|(_, value)| value.is_zero()) {
            Some((name, value)) => {
                Err(ConfigError::Duration { name, value, expected: "longer than zero" })
            }
            None if self.max_stale < self.refresh_after => Err(ConfigError::Duration {
                name: "max_stale",
                value: self.max_stale,
                expected: "at least `refresh_after`: keys that expire sooner are never refreshed in the \
                           background",
            }),
            None => Ok(()),
        }
    }

    /// After this long a fetch is lost: it ends sooner, if its runtime runs.
    pub(crate) fn lost_after(&self) -> Duration {
        self.request_timeout.saturating_mul(2)
    }

    /// The age at which one set is refreshed: ±10 %, so that a fleet that started together does
    /// not fetch together, and sooner if the answer's `max-age` says so.
    pub(crate) fn refresh_after(&self, max_age: Option<Duration>) -> Duration {
        let longest = max_age.map_or(Duration::MAX, |age| age.max(MIN_REFRESH_AFTER));
        let base = self.refresh_after.min(longest);
        let spread = (base / 5).mul_f64(fastrand::f64());
        let jittered = base.saturating_sub(base / 10).saturating_add(spread);
        // What `max-age` shortened stays above its floor, jitter or not.
        if base < self.refresh_after { jittered.max(MIN_REFRESH_AFTER) } else { jittered }
    }
}
