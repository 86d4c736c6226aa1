use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::claims::{AlbClaims, Inner};
use crate::AlbVerifyError;
use crate::claims::{Flag, NumericDate};
use crate::json::{self, Text, present};

/// The payload as it was sent. Claims that are not named here are not read.
#[derive(Debug, Deserialize)]
pub(crate) struct AlbPayload<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    sub: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    iss: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<NumericDate>,
    #[serde(borrow, default, deserialize_with = "present")]
    email: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    email_verified: Option<Flag>,
    #[serde(borrow, default, deserialize_with = "present")]
    username: Option<Text<'a>>,
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
        let payload: Self = json::from_object(text).map_err(|_| AlbVerifyError::Payload)?;
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
            email: owned(self.email),
            email_verified: self.email_verified.is_some_and(|flag| flag.0),
            username: owned(self.username),
            issuer: origin.issuer.to_owned(),
            client_id: origin.client.to_owned(),
            signer: origin.signer.to_owned(),
            expires_at: origin.expires_at,
        };
        AlbClaims { inner: Arc::new(inner) }
    }
}
