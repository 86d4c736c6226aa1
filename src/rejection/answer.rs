use http::StatusCode;

use super::{Cause, RejectionKind};
use crate::VerifyError;
use crate::token::BadCredentials;

/// What a client is told, all of it fixed.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) kind: RejectionKind,
    pub(super) status: StatusCode,
    /// The code for the challenge.
    pub(super) code: Option<&'static str>,
    pub(super) challenges: bool,
    pub(super) description: &'static str,
    pub(super) reason: &'static str,
    pub(super) body: &'static str,
}

/// An answer whose body repeats what its challenge says.
macro_rules! answer {
    ($kind:ident, $status:ident, challenge $challenges:literal, $code:expr, $error:literal, $reason:literal, $description:literal) => {
        Answer {
            kind: RejectionKind::$kind,
            status: StatusCode::$status,
            code: $code,
            challenges: $challenges,
            description: $description,
            reason: $reason,
            body: concat!(
                r#"{"error":""#,
                $error,
                r#"","error_description":""#,
                $description,
                r#"","reason":""#,
                $reason,
                r#""}"#
            ),
        }
    };
    // With an error code (RFC 6750 §3.1).
    ($kind:ident, $status:ident, $error:literal, $reason:literal, $description:literal) => {
        answer!($kind, $status, challenge true, Some($error), $error, $reason, $description)
    };
    // Without a challenge: there is nothing that the client could do better.
    (no challenge $kind:ident, $status:ident, $error:literal, $reason:literal, $description:literal) => {
        answer!($kind, $status, challenge false, None, $error, $reason, $description)
    };
}

/// 400 for a request that breaks the rules of `Authorization` (RFC 6750 §3.1).
macro_rules! invalid_request {
    ($reason:literal, $description:literal) => {
        answer!(MalformedCredentials, BAD_REQUEST, "invalid_request", $reason, $description)
    };
}

/// 401 for a token that is not accepted.
macro_rules! invalid_token {
    ($reason:literal, $description:literal) => {
        answer!(InvalidToken, UNAUTHORIZED, "invalid_token", $reason, $description)
    };
}

impl Cause {
    /// The answer to a request that was rejected for this.
    pub(super) fn answer(&self) -> Answer {
        match self {
            // No error code, because nothing was tried (RFC 6750 §3.1).
            Self::NoToken => {
                answer!(MissingToken, UNAUTHORIZED, challenge true, None, "missing_token", "missing_token", "This needs a token, and the request has none.")
            }
            Self::Credentials(bad) => Answer::to_bad_credentials(*bad),
            Self::Token(error) => Answer::to(error),
            Self::Scope(_) => {
                answer!(
                    InsufficientScope,
                    FORBIDDEN,
                    "insufficient_scope",
                    "missing_scope",
                    "The token does not have the scope that this needs."
                )
            }
            // The nearest code there is, without `scope`: asking for another one would not help.
            Self::Forbidden => {
                answer!(
                    Forbidden,
                    FORBIDDEN,
                    "insufficient_scope",
                    "forbidden",
                    "The bearer of the token is not allowed to do this."
                )
            }
            Self::Authentication(_) => {
                answer!(
                    InsufficientAuthentication,
                    UNAUTHORIZED,
                    "insufficient_user_authentication",
                    "insufficient_authentication",
                    "This needs a more recent or a stronger sign-in: sign in again."
                )
            }
            #[cfg(feature = "alb")]
            Self::NoSignIn => {
                answer!(MissingToken, UNAUTHORIZED, challenge true, None, "missing_token", "missing_token", "This needs a sign-in at the load balancer, and the request came without one.")
            }
            #[cfg(feature = "sign-in")]
            Self::SessionUnavailable { .. } => {
                answer!(no challenge SessionUnavailable, SERVICE_UNAVAILABLE, "temporarily_unavailable", "session_unavailable", "The session is not available: try again later.")
            }
            #[cfg(feature = "sign-in")]
            Self::CrossSite => {
                answer!(no challenge CrossSite, FORBIDDEN, "cross_site_request", "cross_site_request", "The request comes from another site.")
            }
            Self::MissingLayer => {
                answer!(no challenge MissingLayer, INTERNAL_SERVER_ERROR, "server_error", "missing_layer", "The server is not set up to verify tokens here.")
            }
        }
    }
}

impl Answer {
    /// What is wrong with `Authorization` is the client's request; what is wrong with another header
    /// or a cookie is its token: a browser application signs in again on 401, and not on 400.
    fn to_bad_credentials(bad: BadCredentials) -> Self {
        match bad {
            BadCredentials::Duplicate => {
                invalid_request!("multiple_tokens", "The request carries more than one token.")
            }
            BadCredentials::Malformed => {
                invalid_request!(
                    "malformed_credentials",
                    "The credentials are malformed: they should be Bearer, a space and one token."
                )
            }
            BadCredentials::NoScheme => {
                invalid_request!(
                    "missing_scheme",
                    "The token has no scheme: send `Authorization: Bearer <token>`, with a space."
                )
            }
            BadCredentials::MalformedBare => {
                invalid_request!(
                    "malformed_token",
                    "The credentials are malformed: they should be one token."
                )
            }
            BadCredentials::MalformedBearerHeader => {
                invalid_token!(
                    "malformed_header",
                    "The header of the token is malformed: it should be Bearer, a space and one token."
                )
            }
            BadCredentials::SchemeInHeader => {
                invalid_token!(
                    "unexpected_scheme",
                    "The header of the token is malformed: it should be the token alone, without Bearer."
                )
            }
            BadCredentials::MalformedHeader => {
                invalid_token!(
                    "no_token_in_header",
                    "The header of the token holds something that is not a token."
                )
            }
            BadCredentials::MalformedCookie => {
                invalid_token!(
                    "no_token_in_cookie",
                    "The cookie of the token holds something that is not a token."
                )
            }
            BadCredentials::DifferentCookies => {
                invalid_token!(
                    "multiple_cookies",
                    "The request has two cookies of the token, with different values."
                )
            }
            BadCredentials::MalformedCustom => {
                invalid_token!(
                    "no_token",
                    "What the request carries in the place of the token is not a token."
                )
            }
        }
    }

    /// No `_` arm: a new cause fails the build until it has an answer.
    fn to(error: &VerifyError) -> Self {
        match error {
            // Told apart from the rest, so that a client renews the token and tries again.
            VerifyError::Expired => {
                answer!(
                    ExpiredToken,
                    UNAUTHORIZED,
                    "invalid_token",
                    "expired",
                    "The token has expired."
                )
            }
            VerifyError::RefreshToken => {
                invalid_token!(
                    "refresh_token",
                    "The token is a refresh token: exchange it at Cognito for an access token, and send that."
                )
            }
            VerifyError::NotJwt => {
                invalid_token!(
                    "not_a_jwt",
                    "The token is not a JWT: a refresh token or an opaque string is not accepted here, send an access token."
                )
            }
            VerifyError::TooLong
            | VerifyError::Base64
            | VerifyError::Header
            | VerifyError::Payload { .. }
            | VerifyError::MissingClaim(_)
            | VerifyError::MissingHeaderParameter(_)
            | VerifyError::KeyId => invalid_token!("malformed", "The token is malformed."),
            // Not to be told apart by one who tries to forge a token.
            VerifyError::Algorithm
            | VerifyError::Extension
            | VerifyError::Nested
            | VerifyError::UnknownKey
            | VerifyError::Signature => {
                invalid_token!("invalid_signature", "The signature of the token is not accepted.")
            }
            VerifyError::Signer => {
                invalid_token!(
                    "wrong_load_balancer",
                    "The token comes from a load balancer that is not accepted here."
                )
            }
            VerifyError::Issuer => {
                invalid_token!(
                    "wrong_issuer",
                    "The token comes from an issuer that is not accepted here."
                )
            }
            VerifyError::TokenUse(crate::TokenUse::Access) => {
                invalid_token!(
                    "wrong_token_use",
                    "The token is not an access token: send the access token."
                )
            }
            VerifyError::TokenUse(crate::TokenUse::Id) => {
                invalid_token!(
                    "wrong_token_use",
                    "The token is not an ID token: send the ID token."
                )
            }
            VerifyError::TokenUse(crate::TokenUse::Any) => {
                invalid_token!(
                    "wrong_token_use",
                    "The token is neither an access token nor an ID token."
                )
            }
            VerifyError::Client => {
                invalid_token!("wrong_client", "The token was made for another client.")
            }
            VerifyError::Audience => {
                invalid_token!("wrong_audience", "The token was made for another audience.")
            }
            VerifyError::NotYetValid | VerifyError::IssuedInFuture => {
                invalid_token!("not_yet_valid", "The token is not valid yet.")
            }
            VerifyError::TooOld => {
                invalid_token!("too_old", "The token is too old: sign in again or renew it.")
            }
            VerifyError::Check(_) => {
                invalid_token!("not_accepted", "The token is not accepted here.")
            }
            VerifyError::Ended => {
                answer!(
                    Ended,
                    UNAUTHORIZED,
                    "invalid_token",
                    "ended",
                    "The sign-in was ended: sign in again."
                )
            }
            // As an expired token, so that clients renew it.
            VerifyError::RenewalRequired => {
                answer!(
                    ExpiredToken,
                    UNAUTHORIZED,
                    "invalid_token",
                    "expired",
                    "The token has expired."
                )
            }
            VerifyError::RevocationsUnavailable { .. } => {
                answer!(no challenge RevocationsUnavailable, SERVICE_UNAVAILABLE, "temporarily_unavailable", "revocations_unavailable", "The list of ended sign-ins is not available: try again later.")
            }
            VerifyError::KeysUnavailable { .. } => {
                answer!(no challenge KeysUnavailable, SERVICE_UNAVAILABLE, "temporarily_unavailable", "keys_unavailable", "The keys to verify the token with are not available: try again later.")
            }
        }
    }
}
