use std::time::Duration;

use crate::{JwksError, VerifyError};

// Every label has a value from the code or from the configuration: none that a client can choose.

macro_rules! count {
    ($name:literal, $outcome:literal) => {
        metrics::counter!($name, "outcome" => $outcome).increment(1)
    };
}

/// Counts one verification, by its outcome. With literals the metric's key is a constant, and costs
/// no allocation. No `_` arm: a new cause fails the build until it has a name.
macro_rules! count_verification {
    ($name:literal, $refusal:expr) => {
        match $refusal {
            None => count!($name, "accepted"),
            Some(VerifyError::TooLong) => count!($name, "too_long"),
            Some(VerifyError::NotJwt) => count!($name, "not_jwt"),
            Some(VerifyError::RefreshToken) => {
                count!($name, "refresh_token")
            }
            Some(VerifyError::Base64) => count!($name, "base64"),
            Some(VerifyError::Header) => count!($name, "header"),
            Some(VerifyError::Algorithm) => count!($name, "algorithm"),
            Some(VerifyError::Extension) => count!($name, "extension"),
            Some(VerifyError::Nested) => count!($name, "nested"),
            Some(VerifyError::KeyId) => count!($name, "key_id"),
            Some(VerifyError::Payload { .. }) => count!($name, "payload"),
            Some(VerifyError::MissingClaim(_)) => {
                count!($name, "missing_claim")
            }
            Some(VerifyError::Signer) => count!($name, "signer"),
            Some(VerifyError::MissingHeaderParameter(_)) => {
                count!($name, "missing_header_parameter")
            }
            Some(VerifyError::Issuer) => count!($name, "issuer"),
            Some(VerifyError::TokenUse(_)) => count!($name, "token_use"),
            Some(VerifyError::Client) => count!($name, "client"),
            Some(VerifyError::Audience) => count!($name, "audience"),
            Some(VerifyError::Expired) => count!($name, "expired"),
            Some(VerifyError::NotYetValid) => {
                count!($name, "not_yet_valid")
            }
            Some(VerifyError::IssuedInFuture) => {
                count!($name, "issued_in_future")
            }
            Some(VerifyError::TooOld) => count!($name, "too_old"),
            Some(VerifyError::UnknownKey) => {
                count!($name, "unknown_key")
            }
            Some(VerifyError::Signature) => count!($name, "signature"),
            Some(VerifyError::Check(_)) => count!($name, "check"),
            Some(VerifyError::Ended) => count!($name, "ended"),
            Some(VerifyError::RenewalRequired) => {
                count!($name, "renewal_required")
            }
            Some(VerifyError::RevocationsUnavailable { .. }) => {
                count!($name, "revocations_unavailable")
            }
            Some(VerifyError::KeysUnavailable { .. }) => {
                count!($name, "keys_unavailable")
            }
        }
    };
}

/// Counts one verification of a token.
pub(crate) fn verified(refusal: Option<&VerifyError>) {
    count_verification!("cognito_verifications_total", refusal);
}

/// Counts one verification of what a load balancer signed.
#[cfg(feature = "alb")]
pub(crate) fn alb_verified(refusal: Option<&VerifyError>) {
    count_verification!("cognito_alb_verifications_total", refusal);
}

/// Counts a token that was answered from the cache of verified tokens.
pub(crate) fn cached() {
    metrics::counter!("cognito_token_cache_hits_total").increment(1);
}

/// Counts one fetch of a JWKS, by its outcome.
pub(crate) fn fetched(url: &str, error: Option<&JwksError>) {
    let outcome = if error.is_some() { "failed" } else { "succeeded" };
    metrics::counter!("cognito_jwks_fetches_total", "url" => url.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Notes when the fetch began that brought or confirmed an issuer's keys.
pub(crate) fn keys_fetched(url: &str, at: Duration) {
    metrics::gauge!("cognito_jwks_fetched_timestamp_seconds", "url" => url.to_owned())
        .set(at.as_secs_f64());
}

/// Notes how many entries the list of revocations holds.
pub(crate) fn revocations(entries: usize) {
    metrics::gauge!("cognito_revocations_entries")
        .set(u32::try_from(entries).map_or(f64::INFINITY, f64::from));
}

/// Notes when the revocation log last answered.
pub(crate) fn revocations_heard(at: Duration) {
    metrics::gauge!("cognito_revocations_heard_timestamp_seconds").set(at.as_secs_f64());
}

/// Notes whether nothing was heard from the revocation log for 3 seconds.
pub(crate) fn revocations_deaf(is_deaf: bool) {
    metrics::gauge!("cognito_revocations_deaf").set(f64::from(u8::from(is_deaf)));
}

/// Counts one call that appends to the revocation log, by its outcome.
pub(crate) fn revocations_appended(is_done: bool) {
    if is_done {
        count!("cognito_revocations_appends_total", "succeeded");
    } else {
        count!("cognito_revocations_appends_total", "failed");
    }
}

/// Counts one renewal at Cognito, by its outcome.
#[cfg(feature = "app-client")]
pub(crate) fn renewed(error: Option<&crate::RenewError>) {
    use crate::RenewError;

    macro_rules! count_renewal {
        ($outcome:literal) => {
            count!("cognito_renewals_total", $outcome)
        };
    }
    match error {
        None => count_renewal!("renewed"),
        Some(RenewError::Ended) => count_renewal!("ended"),
        Some(RenewError::Unavailable { .. }) => count_renewal!("unavailable"),
        Some(RenewError::Misconfigured) => count_renewal!("misconfigured"),
        Some(RenewError::Verify) => count_renewal!("verify"),
    }
}

/// Counts a call that got the result of another call's renewal.
#[cfg(feature = "app-client")]
pub(crate) fn renewal_shared() {
    metrics::counter!("cognito_renewals_shared_total").increment(1);
}
