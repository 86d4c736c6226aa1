use std::time::Duration;

use crate::{JwksError, VerifyError};

// Every label has a value from the code or from the configuration: none that a client can choose.

/// Counts one verification, by its outcome.
pub(crate) fn verified(refusal: Option<&VerifyError>) {
    let outcome = refusal.map_or("accepted", outcome);
    metrics::counter!("cognito_verifications_total", "outcome" => outcome).increment(1);
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

/// Notes how old the keys of an issuer are.
pub(crate) fn key_age(url: &str, age: Duration) {
    metrics::gauge!("cognito_jwks_age_seconds", "url" => url.to_owned()).set(age.as_secs_f64());
}

/// The name of a refusal. No `_` arm: a new cause fails the build until it has a name.
fn outcome(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::TooLong => "too_long",
        VerifyError::NotJwt => "not_jwt",
        VerifyError::RefreshToken => "refresh_token",
        VerifyError::Base64 => "base64",
        VerifyError::Header => "header",
        VerifyError::Algorithm => "algorithm",
        VerifyError::Extension => "extension",
        VerifyError::Nested => "nested",
        VerifyError::KeyId => "key_id",
        VerifyError::Payload => "payload",
        VerifyError::MissingClaim(_) => "missing_claim",
        VerifyError::Issuer => "issuer",
        VerifyError::TokenUse(_) => "token_use",
        VerifyError::Client => "client",
        VerifyError::Audience => "audience",
        VerifyError::Expired => "expired",
        VerifyError::NotYetValid => "not_yet_valid",
        VerifyError::IssuedInFuture => "issued_in_future",
        VerifyError::TooOld => "too_old",
        VerifyError::UnknownKey => "unknown_key",
        VerifyError::Signature => "signature",
        VerifyError::Check(_) => "check",
        VerifyError::KeysUnavailable { .. } => "keys_unavailable",
    }
}
