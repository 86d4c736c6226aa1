use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::claims::{AlbClaims, Inner};
use crate::VerifyError;
use crate::claims::culprit::{self, Claim, Type};
use crate::claims::{NumericDate, inform};
use crate::json::{self, Text, present};

/// The payload as it was sent. Claims that are not named here are not read, and one that only informs
/// is absent where it cannot be read.
#[derive(Debug, Deserialize)]
pub(super) struct AlbPayload<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    sub: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    iss: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<NumericDate>,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
    #[serde(borrow)]
    email_verified: Option<&'a RawValue>,
    #[serde(borrow)]
    username: Option<&'a RawValue>,
}

/// Who signed, for whom and until when, as the header says.
pub(super) struct AlbHeaderClaims<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) signer: &'a str,
    pub(super) expires_at: NumericDate,
}

impl AlbHeaderClaims<'_> {
    /// Whether it has expired at `now` (RFC 7519 §4.1.4).
    pub(super) fn check_time(&self, now: Duration, leeway: Duration) -> Result<(), VerifyError> {
        let end = self.expires_at.since_epoch().saturating_add(leeway);
        if now < end { Ok(()) } else { Err(VerifyError::Expired) }
    }
}

impl<'a> AlbPayload<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, VerifyError> {
        let payload: Self = json::from_object(text)
            .map_err(|_| VerifyError::Payload { claim: culprit::find(text, &CLAIMS) })?;
        match payload.sub.as_deref() {
            None | Some("") => Err(VerifyError::MissingClaim("sub")),
            Some(_) => Ok(payload),
        }
    }

    /// Whether it names no other issuer than the header does.
    pub(super) fn check_issuer(&self, header: &str) -> Result<(), VerifyError> {
        let differs = self.iss.as_deref().is_some_and(|own| own != header);
        if differs { Err(VerifyError::Issuer) } else { Ok(()) }
    }

    /// When it expires: by the payload too, if that says so.
    pub(super) fn expires_at(&self, header: NumericDate) -> NumericDate {
        self.exp.map_or(header, |own| own.min(header))
    }

    /// The claims, now that the signature is proven; `raw` is the payload's text.
    pub(super) fn to_claims(&self, raw: &str, header: &AlbHeaderClaims<'_>) -> AlbClaims {
        let inform = |claim| inform::text(claim).as_deref().map(str::to_owned);
        let inner = Inner {
            raw: raw.into(),
            sub: self.sub.as_deref().unwrap_or_default().to_owned(),
            email: inform(self.email),
            email_verified: inform::flag(self.email_verified),
            username: inform(self.username),
            issuer: header.issuer.to_owned(),
            client_id: header.client.to_owned(),
            signer: header.signer.to_owned(),
            expires_at: header.expires_at,
        };
        AlbClaims { inner: Arc::new(inner) }
    }
}

/// The claims that are read, in the types that they must have.
const CLAIMS: [Claim; 6] = [
    Claim("sub", Type::Text),
    Claim("iss", Type::Text),
    Claim("exp", Type::Date),
    Claim("email", Type::Any),
    Claim("email_verified", Type::Any),
    Claim("username", Type::Any),
];
