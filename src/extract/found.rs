use http::request::Parts;

use crate::rejection::{Cause, Challenge, Rejection};
use crate::{AccessClaims, CognitoClaims, IdClaims, TokenUse, VerifyError};

/// A type that the claims of a request may be taken as.
pub(super) trait FromClaims: Sized {
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

/// The claims that the layer put there, and its challenge: what marks that the layer was there.
pub(super) fn claims<'a, T: FromClaims>(
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
