use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::request::Parts;

use super::found::claims;
use crate::rejection::{Cause, Challenge, Rejection};
use crate::{CognitoClaims, token};

/// The token of a request that the layer accepted, for calls to other services in its user's name.
///
/// From whichever [`TokenSource`](crate::TokenSource) the layer used. Send it to services of your own
/// alone, over https: whoever has it is its user until it expires. `Debug` shows nothing of it.
///
/// ```
/// use axum::http::{Request, header::AUTHORIZATION};
/// use axum_cognito::BearerToken;
///
/// async fn orders(token: BearerToken) -> Request<String> {
///     let request = Request::get("https://orders.internal/").header(AUTHORIZATION, token.authorization());
///     request.body(String::new()).unwrap()
/// }
/// # let _ = orders;
/// ```
///
/// A request without a token is refused as by [`CognitoClaims`], and `Option<BearerToken>` is `None`
/// behind an optional layer.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(Box<str>);

impl BearerToken {
    /// Returns the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `Bearer <token>` for `Authorization`, marked as sensitive: a log that prints headers
    /// does not print it.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0));
        // A token has only characters that a header may have: it came in one.
        let mut value = value.unwrap_or(HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }
}

impl Deref for BearerToken {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for BearerToken {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

/// Refuses a request without a token.
impl<S: Send + Sync> FromRequestParts<S> for BearerToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let (token, challenge) = bearer_token(parts)?;
        token.ok_or_else(|| Rejection::new(Cause::NoToken, challenge.clone()))
    }
}

/// `None` without a token, behind an optional layer.
impl<S: Send + Sync> OptionalFromRequestParts<S> for BearerToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        bearer_token(parts).map(|(token, _)| token)
    }
}

/// The token where the layer found it. Only the one whose claims are there counts: what stands
/// between the layer and the handler may have changed the headers.
fn bearer_token(parts: &Parts) -> Result<(Option<BearerToken>, &Challenge), Rejection> {
    let (claims, challenge) = claims::<CognitoClaims>(parts, "BearerToken")?;
    let Some(claims) = claims else { return Ok((None, challenge)) };
    #[cfg(feature = "sign-in")]
    if let Some(token::Kept(token)) =
        parts.extensions.get().filter(|kept: &&token::Kept| is_of(&kept.0, &claims))
    {
        return Ok((Some(BearerToken((&**token).into())), challenge));
    }
    let found = token::find(challenge.sources(), &parts.headers).and_then(Result::ok);
    match found.filter(|token| is_of(token, &claims)) {
        Some(token) => Ok((Some(BearerToken(token.into())), challenge)),
        None => {
            tracing::error!(
                "`BearerToken` behind a middleware that took the token out of the headers: put that \
                 one outside of the `CognitoLayer`, or the handler that wants the token before it"
            );
            Err(Rejection::new(Cause::MissingLayer, challenge.clone()))
        }
    }
}

/// Whether these are the claims that the token holds.
fn is_of(token: &str, claims: &CognitoClaims) -> bool {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    payload.is_some_and(|payload| payload == claims.payload().as_bytes())
}
