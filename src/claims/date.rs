use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};

/// The end of the year 9999: dates beyond it are taken as it.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Seconds since 1970, an integer or not (RFC 7519 §2, NumericDate).
///
/// A date before 1970 is taken as 1970. So no date overflows, and none gets younger by it: a
/// negative `exp` is past, a huge `iat` is in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(Duration);

impl NumericDate {
    pub(crate) fn since_epoch(self) -> Duration {
        self.0
    }

    pub(crate) fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH + self.0
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Takes JSON numbers of either form, and nothing else.
        let seconds = f64::deserialize(deserializer)?.clamp(0.0, LAST_SECOND);
        Ok(Self(Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(json: &str) -> Option<f64> {
        let date = serde_json::from_str::<NumericDate>(json).ok()?;
        Some(date.since_epoch().as_secs_f64())
    }

    #[test]
    fn integers_and_floats_are_dates() {
        assert_eq!(seconds("1500000000"), Some(1.5e9));
        assert_eq!(seconds("1.5e9"), Some(1.5e9));
        assert_eq!(seconds("1500000000.25"), Some(1_500_000_000.25));
    }

    #[test]
    fn nothing_but_a_number_is_a_date() {
        for json in [r#""1500000000""#, "true", "null", "[1]", "{}", "NaN", "1e999"] {
            assert_eq!(seconds(json), None, "{json}");
        }
    }

    #[test]
    fn dates_out_of_range_are_taken_as_the_nearest_in_range() {
        assert_eq!(seconds("-1"), Some(0.0));
        assert_eq!(seconds("-1e308"), Some(0.0));
        assert_eq!(seconds("1e308"), Some(LAST_SECOND));
        assert_eq!(seconds("18446744073709551615"), Some(LAST_SECOND));
        assert_eq!(seconds("184467440737095516150"), Some(LAST_SECOND));
    }
}
