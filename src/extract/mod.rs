//! The claims as arguments of a handler.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::rejection::{Cause, Challenge, Rejection};
use crate::{AccessClaims, CognitoClaims, IdClaims, TokenUse, VerifyError};

/// A type that the claims of a request may be taken as.
trait FromClaims: Sized {
    fn from_claims(claims: &CognitoClaims) -> Result<Self, VerifyError>;
}

impl FromClaims for CognitoClaims {
    fn from_claims(claims: &CognitoClaims) -> Result<Self, VerifyError> {
        Ok(claims.clone())
    }
}

impl FromClaims for AccessClaims {
    fn from_claims(claims: &CognitoClaims) -> Result<Self, VerifyError> {
        claims.as_access().cloned().ok_or(VerifyError::TokenUse(TokenUse::Access))
    }
}

impl FromClaims for IdClaims {
    fn from_claims(claims: &CognitoClaims) -> Result<Self, VerifyError> {
        claims.as_id().cloned().ok_or(VerifyError::TokenUse(TokenUse::Id))
    }
}

macro_rules! extractors {
    ($($claims:ty),*) => { $(
        /// Refuses a request without a token, and one whose token is of another kind.
        impl<S: Send + Sync> FromRequestParts<S> for $claims {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
                let refusal = |challenge: &Challenge| Rejection::new(Cause::NoToken, challenge.clone());
                let (claims, challenge) = claims(parts, stringify!($claims))?;
                claims.ok_or_else(|| refusal(challenge))
            }
        }

        /// `None` without a token, behind an optional layer; a token of another kind is refused.
        impl<S: Send + Sync> OptionalFromRequestParts<S> for $claims {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
                claims(parts, stringify!($claims)).map(|(claims, _)| claims)
            }
        }
    )* };
}

extractors!(CognitoClaims, AccessClaims, IdClaims);

/// The claims that the layer put there, and its challenge: what marks that the layer was there.
fn claims<'a, T: FromClaims>(
    parts: &'a Parts,
    asked_by: &'static str,
) -> Result<(Option<T>, &'a Challenge), Rejection> {
    let Some(challenge) = parts.extensions.get::<Challenge>() else {
        return Err(Rejection::missing_layer(asked_by, "CognitoLayer"));
    };
    let claims = parts.extensions.get::<CognitoClaims>().map(T::from_claims).transpose();
    let claims = claims.map_err(|error| Rejection::new(Cause::Token(error), challenge.clone()))?;
    Ok((claims, challenge))
}
