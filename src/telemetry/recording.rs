use std::time::Duration;

use crate::{JwksError, VerifyError};

// Every label has a value from the code or from the configuration: none that a client can choose.

/// Counts one verification. With its outcome as a literal the metric's key is a constant, and costs
/// no allocation.
macro_rules! count {
    ($outcome:literal) => {
        count!("cognito_verifications_total", $outcome)
    };
    ($name:literal, $outcome:literal) => {
        metrics::counter!($name, "outcome" => $outcome).increment(1)
    };
}

/// Counts one verification, by its outcome. No `_` arm: a new cause fails the build until it has a
/// name.
pub(crate) fn verified(refusal: Option<&VerifyError>) {
    match refusal {
        None => count!("accepted"),
        Some(VerifyError::TooLong) => count!("too_long"),
        Some(VerifyError::NotJwt) => count!("not_jwt"),
        Some(VerifyError::RefreshToken) => count!("refresh_token"),
        Some(VerifyError::Base64) => count!("base64"),
        Some(VerifyError::Header) => count!("header"),
        Some(VerifyError::Algorithm) => count!("algorithm"),
        Some(VerifyError::Extension) => count!("extension"),
        Some(VerifyError::Nested) => count!("nested"),
        Some(VerifyError::KeyId) => count!("key_id"),
        Some(VerifyError::Payload { .. }) => count!("payload"),
        Some(VerifyError::MissingClaim(_)) => count!("missing_claim"),
        Some(VerifyError::Issuer) => count!("issuer"),
        Some(VerifyError::TokenUse(_)) => count!("token_use"),
        Some(VerifyError::Client) => count!("client"),
        Some(VerifyError::Audience) => count!("audience"),
        Some(VerifyError::Expired) => count!("expired"),
        Some(VerifyError::NotYetValid) => count!("not_yet_valid"),
        Some(VerifyError::IssuedInFuture) => count!("issued_in_future"),
        Some(VerifyError::TooOld) => count!("too_old"),
        Some(VerifyError::UnknownKey) => count!("unknown_key"),
        Some(VerifyError::Signature) => count!("signature"),
        Some(VerifyError::Check(_)) => count!("check"),
        Some(VerifyError::KeysUnavailable { .. }) => count!("keys_unavailable"),
    }
}

/// Counts a token that was answered from the cache of verified tokens.
pub(crate) fn remembered() {
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

/// Counts one verification of what a load balancer signed, by its outcome.
#[cfg(feature = "alb")]
pub(crate) fn alb_verified(refusal: Option<&crate::AlbVerifyError>) {
    use crate::AlbVerifyError as Refusal;

    macro_rules! count_alb {
        ($outcome:literal) => {
            count!("cognito_alb_verifications_total", $outcome)
        };
    }
    match refusal {
        None => count_alb!("accepted"),
        Some(Refusal::TooLong) => count_alb!("too_long"),
        Some(Refusal::NotJwt) => count_alb!("not_jwt"),
        Some(Refusal::Base64) => count_alb!("base64"),
        Some(Refusal::Header) => count_alb!("header"),
        Some(Refusal::Algorithm) => count_alb!("algorithm"),
        Some(Refusal::Extension) => count_alb!("extension"),
        Some(Refusal::Nested) => count_alb!("nested"),
        Some(Refusal::MissingHeader(_)) => count_alb!("missing_header"),
        Some(Refusal::Signer) => count_alb!("signer"),
        Some(Refusal::Issuer) => count_alb!("issuer"),
        Some(Refusal::Client) => count_alb!("client"),
        Some(Refusal::Expired) => count_alb!("expired"),
        Some(Refusal::KeyId) => count_alb!("key_id"),
        Some(Refusal::Payload { .. }) => count_alb!("payload"),
        Some(Refusal::MissingSubject) => count_alb!("missing_subject"),
        Some(Refusal::UnknownKey) => count_alb!("unknown_key"),
        Some(Refusal::Signature) => count_alb!("signature"),
        Some(Refusal::KeysUnavailable { .. }) => count_alb!("keys_unavailable"),
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
