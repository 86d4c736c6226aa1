use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::found::claims;
use crate::CognitoClaims;
use crate::rejection::{Cause, Challenge, Rejection};

/// The claims of a request as a type of the program's own: what
/// [`CognitoClaims::deserialize`] makes of them.
///
/// ```
/// use axum_cognito::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Mine {
///     sub: String,
///     #[serde(rename = "custom:tenant")]
///     tenant: Option<String>,
/// }
///
/// async fn handler(Claims(mine): Claims<Mine>) -> String {
///     format!("{} of {:?}", mine.sub, mine.tenant)
/// }
/// # let _ = handler;
/// ```
///
/// A request without a token is refused as by [`CognitoClaims`], and `Option<Claims<T>>` is `None`
/// behind an optional layer. A good token whose claims do not fit the type gets 403, as by
/// [`Rejection::forbidden`]: the log says why, at the level `debug`, and the client is not told.
///
/// The payload is read once for each such argument. Attributes like `custom:tenant` are in ID tokens;
/// an access token has them only if a trigger of the user pool adds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "to be taken apart in the arguments of a handler")]
pub struct Claims<T>(pub T);

impl<T> Deref for Claims<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Refuses a request without a token, and one whose claims do not fit the type.
impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let (own, challenge) = own(parts)?;
        own.ok_or_else(|| Rejection::new(Cause::NoToken, challenge.clone()))
    }
}

/// `None` without a token, behind an optional layer; claims that do not fit the type are refused.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        own(parts).map(|(own, _)| own)
    }
}

fn own<T: DeserializeOwned>(parts: &Parts) -> Result<(Option<Claims<T>>, &Challenge), Rejection> {
    let (claims, challenge) = claims::<CognitoClaims>(parts, "Claims")?;
    let own = claims.map(|claims| claims.deserialize()).transpose().map_err(|error| {
        // The token is good, and another one of this user would have the same claims: not a 401.
        tracing::debug!(%error, "rejected a token whose claims do not fit the type of the handler");
        Rejection::new(Cause::Forbidden, challenge.clone())
    })?;
    Ok((own.map(Claims), challenge))
}
