//! Claims as arguments of a handler.

mod bearer_token;
mod found;
mod own_claims;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

pub use self::bearer_token::BearerToken;
use self::found::claims;
pub use self::own_claims::Claims;
use crate::rejection::{Cause, Challenge, Rejection};
use crate::{AccessClaims, CognitoClaims, IdClaims};

macro_rules! extractors {
    ($($claims:ty),*) => { $(
        /// Rejects a request without a token, and one whose token is of another kind.
        impl<S: Send + Sync> FromRequestParts<S> for $claims {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
                let refusal = |challenge: &Challenge| Rejection::new(Cause::NoToken, challenge.clone());
                let (claims, challenge) = claims(parts, stringify!($claims))?;
                claims.ok_or_else(|| refusal(challenge))
            }
        }

        /// Returns `None` without a token, behind an optional layer; rejects a token of another kind.
        impl<S: Send + Sync> OptionalFromRequestParts<S> for $claims {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
                claims(parts, stringify!($claims)).map(|(claims, _)| claims)
            }
        }
    )* };
}

extractors!(CognitoClaims, AccessClaims, IdClaims);
