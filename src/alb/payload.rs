use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::claims::{AlbClaims, Inner};
use crate::AlbVerifyError;
use crate::claims::culprit::{self, Claim, Type};
use crate::claims::{NumericDate, inform};
use crate::json::{self, Text, present};

/// The payload as it was sent. Claims that are not named here are not read, and one that only informs
/// is absent where it cannot be read.
#[derive(Debug, Deserialize)]
pub(crate) struct AlbPayload<'a> {
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
pub(crate) struct AlbOrigin<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a str,
    pub(crate) signer: &'a str,
    pub(crate) expires_at: NumericDate,
}

impl AlbOrigin<'_> {
    /// Whether it has expired at `now` (RFC 7519 §4.1.4).
    pub(crate) fn check_time(&self, now: Duration, leeway: Duration) -> Result<(), AlbVerifyError> {
        let end = self.expires_at.since_epoch().saturating_add(leeway);
        if now < end { Ok(()) } else { Err(AlbVerifyError::Expired) }
    }
}

impl<'a> AlbPayload<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, AlbVerifyError> {
        let payload: Self = json::from_object(text)
            .map_err(|_| AlbVerifyError::Payload { claim: culprit::find(text, &CLAIMS) })?;
        match payload.sub.as_deref() {
            None | Some("") => Err(AlbVerifyError::MissingSubject),
            Some(_) => Ok(payload),
        }
    }

    /// Whether it names no other issuer than the header does.
    pub(crate) fn check_issuer(&self, header: &str) -> Result<(), AlbVerifyError> {
        let differs = self.iss.as_deref().is_some_and(|own| own != header);
        if differs { Err(AlbVerifyError::Issuer) } else { Ok(()) }
    }

    /// When it expires: by the payload too, if that says so.
    pub(crate) fn expires_at(&self, header: NumericDate) -> NumericDate {
        self.exp.map_or(header, |own| own.min(header))
    }

    /// The claims, now that the signature is proven; `raw` is the payload's text.
    pub(crate) fn into_claims(self, raw: &str, origin: &AlbOrigin<'_>) -> AlbClaims {
        let owned = |text: Option<Text<'_>>| text.as_deref().map(str::to_owned);
        let inner = Inner {
            raw: raw.into(),
            sub: owned(self.sub).unwrap_or_default(),
            email: owned(inform::text(self.email)),
            email_verified: inform::flag(self.email_verified),
            username: owned(inform::text(self.username)),
            issuer: origin.issuer.to_owned(),
            client_id: origin.client.to_owned(),
            signer: origin.signer.to_owned(),
            expires_at: origin.expires_at,
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
