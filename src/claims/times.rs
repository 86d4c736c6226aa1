use std::time::Duration;

use super::date::NumericDate;
use crate::VerifyError;

/// How far in the future `iat` may lie beyond the leeway: the clocks of two machines.
const ISSUED_AT_SKEW: Duration = Duration::from_secs(60);

/// The dates that decide whether a token is valid at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(super) issued_at: NumericDate,
    pub(super) expires_at: NumericDate,
    pub(super) not_before: Option<NumericDate>,
}

/// How strictly times are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimePolicy {
    pub(crate) leeway: Duration,
    pub(crate) max_token_age: Option<Duration>,
}

impl TimePolicy {
    /// Whether a token with these dates is valid at `now` (RFC 7519 §4.1.4 to §4.1.6).
    pub(crate) fn check(&self, times: &Times, now: Duration) -> Result<(), VerifyError> {
        let issued_at = times.issued_at.since_epoch();
        if now >= times.expires_at.since_epoch().saturating_add(self.leeway) {
            return Err(VerifyError::Expired);
        }
        let with_leeway = now.saturating_add(self.leeway);
        if times.not_before.is_some_and(|not_before| with_leeway < not_before.since_epoch()) {
            return Err(VerifyError::NotYetValid);
        }
        if issued_at > with_leeway.saturating_add(ISSUED_AT_SKEW) {
            return Err(VerifyError::IssuedInFuture);
        }
        let oldest = self.max_token_age.map(|age| age.saturating_add(self.leeway));
        if oldest.is_some_and(|oldest| now.saturating_sub(issued_at) > oldest) {
            return Err(VerifyError::TooOld);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: TimePolicy, [iat, exp, nbf]: [u64; 3], now: u64) -> Result<(), VerifyError> {
        let date =
            |seconds: u64| serde_json::from_value(seconds.into()).expect("a number is a date");
        let times =
            Times { issued_at: date(iat), expires_at: date(exp), not_before: Some(date(nbf)) };
        policy.check(&times, Duration::from_secs(now))
    }

    #[test]
    fn a_token_expires_in_the_very_second_of_exp_plus_leeway() {
        let lenient = TimePolicy { leeway: Duration::from_secs(5), max_token_age: None };
        assert_eq!(check(TimePolicy::default(), [0, 100, 0], 99), Ok(()));
        assert_eq!(check(TimePolicy::default(), [0, 100, 0], 100), Err(VerifyError::Expired));
        assert_eq!(check(lenient, [0, 100, 0], 104), Ok(()));
        assert_eq!(check(lenient, [0, 100, 0], 105), Err(VerifyError::Expired));
    }

    #[test]
    fn a_token_is_valid_from_the_very_second_of_nbf_minus_leeway() {
        let lenient = TimePolicy { leeway: Duration::from_secs(5), max_token_age: None };
        assert_eq!(check(TimePolicy::default(), [0, 100, 50], 49), Err(VerifyError::NotYetValid));
        assert_eq!(check(TimePolicy::default(), [0, 100, 50], 50), Ok(()));
        assert_eq!(check(lenient, [0, 100, 50], 44), Err(VerifyError::NotYetValid));
        assert_eq!(check(lenient, [0, 100, 50], 45), Ok(()));
    }

    #[test]
    fn a_token_from_the_future_is_refused_beyond_a_minute_and_the_leeway() {
        let lenient = TimePolicy { leeway: Duration::from_secs(5), max_token_age: None };
        assert_eq!(check(TimePolicy::default(), [160, 900, 0], 100), Ok(()));
        assert_eq!(
            check(TimePolicy::default(), [161, 900, 0], 100),
            Err(VerifyError::IssuedInFuture)
        );
        assert_eq!(check(lenient, [165, 900, 0], 100), Ok(()));
        assert_eq!(check(lenient, [166, 900, 0], 100), Err(VerifyError::IssuedInFuture));
    }

    #[test]
    fn a_token_is_too_old_right_after_the_longest_age_and_the_leeway() {
        let strict = TimePolicy {
            leeway: Duration::from_secs(5),
            max_token_age: Some(Duration::from_secs(60)),
        };
        assert_eq!(check(strict, [100, 900, 0], 165), Ok(()));
        assert_eq!(check(strict, [100, 900, 0], 166), Err(VerifyError::TooOld));
    }

    #[test]
    fn absurd_settings_saturate() {
        let absurd = TimePolicy { leeway: Duration::MAX, max_token_age: Some(Duration::MAX) };
        assert_eq!(check(absurd, [u64::MAX, 0, u64::MAX], 5), Ok(()));
    }
}
