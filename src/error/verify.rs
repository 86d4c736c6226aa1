use std::time::Duration;

use crate::TokenUse;

/// Why a token, or a load balancer's `x-amzn-oidc-data`, was rejected or could not be verified.
///
/// One variant for each cause; no message holds the token or a claim's value, so each is fit for a
/// log. [`VerifyError::KeysUnavailable`] and [`VerifyError::RevocationsUnavailable`] say
/// nothing about the token.
///
/// Examples: [the wrong kind of token](crate::guide::access_or_id_tokens), [time](crate::guide::testing_your_application#time).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Longer than 16 KiB, or with a header longer than 1 KiB.
    #[error("the token is longer than 16 KiB, or its header than 1 KiB")]
    TooLong,
    /// Not three parts between dots (RFC 7515 §7.1): an opaque string, perhaps a refresh token.
    #[error("the token is not a JWT: it should have three parts between dots")]
    NotJwt,
    /// A refresh token: five parts (RFC 7516 §9), or `token_use` is `refresh`.
    #[error("the token is a refresh token: only Cognito itself can exchange it")]
    RefreshToken,
    /// A part is empty or not base64url without padding (RFC 7515 §2).
    #[error("a part of the token is not base64url")]
    Base64,
    /// The header is not a JSON object, or a member has the wrong type or is duplicated.
    #[error("the header of the token is not a JSON object of the right form")]
    Header,
    /// `alg` is missing or not RS256, or of a load balancer's token not ES256 (RFC 8725 §3.1).
    #[error("the token is not signed with RS256, or with ES256 by a load balancer")]
    Algorithm,
    /// The header has `crit` (RFC 7515 §4.1.11) or `b64` (RFC 7797 §7).
    #[error("the header of the token names an extension that is not supported")]
    Extension,
    /// The header says `cty: JWT`: a token within a token (RFC 7519 §5.2).
    #[error("the token holds another token")]
    Nested,
    /// A parameter that the header of a load balancer's token must have is not there.
    #[error("the header of the token has no `{0}`")]
    MissingHeaderParameter(&'static str),
    /// `kid` is missing, empty or longer than 128 bytes; of a load balancer's token, not a UUID.
    #[error("the header of the token has no usable key id")]
    KeyId,
    /// The payload is not a JSON object, or a claim that decides has the wrong type, or a claim that
    /// is read is duplicated (RFC 7519 §4).
    ///
    /// A claim that only informs, like `email`, never rejects a token by its type: it is absent where
    /// it cannot be read.
    #[error("{}", payload_problem(*claim))]
    Payload {
        /// The claim; `None` if the payload is not a JSON object in UTF-8.
        claim: Option<&'static str>,
    },
    /// A claim that every token of this kind has is not there.
    #[error("the token has no claim `{0}`")]
    MissingClaim(&'static str),
    /// `signer` is none of the trusted load balancers.
    #[error("the token was signed by a load balancer that is not trusted")]
    Signer,
    /// `iss` is none of the trusted pools; or the payload of a load balancer's token names another
    /// issuer than its header.
    #[error("the token comes from an issuer that is not trusted")]
    Issuer,
    /// `token_use` is not what the verifier accepts.
    #[error("the token is not of the accepted kind: `token_use` should be {0}")]
    TokenUse(TokenUse),
    /// `client_id`, `aud` of an ID token, or `client` of a load balancer's token is none of the
    /// accepted clients.
    #[error("the token was made for a client that is not accepted")]
    Client,
    /// The access token is not bound to a required audience (RFC 8707), or is bound to one although
    /// none is required (RFC 7519 §4.1.3).
    ///
    /// See [`audience`](crate::CognitoVerifierBuilder::audience).
    #[error("the token was made for another audience")]
    Audience,
    /// Past `exp` and the leeway.
    #[error("the token has expired")]
    Expired,
    /// Before `nbf` and the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future, beyond the leeway and a minute.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// Older than [`max_token_age`](crate::CognitoVerifierBuilder::max_token_age).
    #[error("the token is older than the maximum age")]
    TooOld,
    /// No key of the pool or of the load balancer has this `kid`, by the newest keys.
    #[error("the token is signed with a key that its issuer does not have")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature of the token is wrong")]
    Signature,
    /// A [`check`](crate::CognitoVerifierBuilder::check) of your own refused, with this reason.
    #[error("a check of the application refused the token: {0}")]
    Check(String),
    /// The token's sign-in was ended, or its user, client or pool:
    /// [`Revocations`](crate::Revocations).
    #[error("the sign-in of the token was ended")]
    Ended,
    /// The token was issued before its user's tokens had to be renewed:
    /// [`Revocations::require_renewal`](crate::Revocations::require_renewal).
    #[error("the token was issued before its user's tokens had to be renewed")]
    RenewalRequired,
    /// The list of revocations is not complete, so whether the token is revoked is not known:
    /// [`OnLoss::RefuseAfter`](crate::OnLoss::RefuseAfter).
    #[error("the list of revocations is not available")]
    RevocationsUnavailable {
        /// How long to wait before another try has a chance.
        retry_after: Duration,
    },
    /// The keys are unavailable, so the token could not be verified.
    #[error("the keys to verify the token with are not available")]
    KeysUnavailable {
        /// How long to wait before another try has a chance.
        retry_after: Duration,
    },
}

impl VerifyError {
    /// Returns whether the token could not be verified for now, so that another try may succeed.
    ///
    /// It is true for [`KeysUnavailable`](Self::KeysUnavailable) and
    /// [`RevocationsUnavailable`](Self::RevocationsUnavailable): every other error says something
    /// about the token.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::KeysUnavailable { .. } | Self::RevocationsUnavailable { .. })
    }
}

fn payload_problem(claim: Option<&'static str>) -> String {
    match claim {
        Some(claim) => {
            format!("the claim `{claim}` of the token has the wrong type, or is there twice")
        }
        None => "the payload of the token is not a JSON object".to_owned(),
    }
}
