use http::StatusCode;

use super::RejectionKind;
use super::answer::{Answer, answer};
use crate::AlbVerifyError;

/// 401 for data that are not accepted.
macro_rules! invalid_data {
    ($description:literal) => {
        answer!(InvalidToken, UNAUTHORIZED, "invalid_token", $description)
    };
}

/// What a client is told of `x-amzn-oidc-data`. No `_` arm: a new cause fails the build until it has
/// an answer.
pub(super) fn to(error: &AlbVerifyError) -> Answer {
    match error {
        AlbVerifyError::Expired => {
            answer!(
                ExpiredToken,
                UNAUTHORIZED,
                "invalid_token",
                "The data of the load balancer have expired."
            )
        }
        AlbVerifyError::TooLong
        | AlbVerifyError::NotJwt
        | AlbVerifyError::Base64
        | AlbVerifyError::Header
        | AlbVerifyError::MissingHeader(_)
        | AlbVerifyError::KeyId
        | AlbVerifyError::Payload { .. }
        | AlbVerifyError::MissingSubject => {
            invalid_data!("The data of the load balancer are malformed.")
        }
        // Not to be told apart by one who tries to forge some.
        AlbVerifyError::Algorithm
        | AlbVerifyError::Extension
        | AlbVerifyError::Nested
        | AlbVerifyError::UnknownKey
        | AlbVerifyError::Signature => {
            invalid_data!("The signature of the load balancer's data is not accepted.")
        }
        AlbVerifyError::Signer => {
            invalid_data!("The data come from a load balancer that is not accepted here.")
        }
        AlbVerifyError::Issuer => {
            invalid_data!("The data come from an issuer that is not accepted here.")
        }
        AlbVerifyError::Client => invalid_data!("The data were made for another client."),
        AlbVerifyError::KeysUnavailable { .. } => {
            answer!(no challenge KeysUnavailable, SERVICE_UNAVAILABLE, "temporarily_unavailable", "The key to verify the load balancer's data with is not available: try again later.")
        }
    }
}
