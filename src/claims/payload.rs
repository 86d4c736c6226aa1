use serde::Deserialize;
use serde_json::value::RawValue;

use super::date::NumericDate;
use super::times::Times;
use crate::json::{self, Text, present};
use crate::{TokenUse, VerifyError};

/// The payload of a token as it was sent: claims of every kind of token in their types, those of
/// one kind left as JSON until the kind is known. Nothing in it is proven yet.
///
/// Claims that are not named here are not read: they may have any type.
#[derive(Debug, Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    iss: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    token_use: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) sub: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    pub(super) auth_time: Option<NumericDate>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) jti: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) origin_jti: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) event_id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "cognito:groups", deserialize_with = "present")]
    pub(super) groups: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) acr: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) amr: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) act: Option<&'a RawValue>,
    // Access tokens.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) client_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) username: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) scope: Option<&'a RawValue>,
    // Access tokens that are bound to a resource, and ID tokens.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) aud: Option<&'a RawValue>,
    // ID tokens.
    #[serde(borrow, default, rename = "cognito:username", deserialize_with = "present")]
    pub(super) cognito_username: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) email: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) email_verified: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) identities: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "cognito:roles", deserialize_with = "present")]
    pub(super) roles: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "cognito:preferred_role", deserialize_with = "present")]
    pub(super) preferred_role: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) nonce: Option<&'a RawValue>,
}

impl<'a> Payload<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, VerifyError> {
        json::from_object(text).map_err(|_| VerifyError::Payload)
    }

    /// Who says that they made the token (RFC 7519 §4.1.1).
    pub(crate) fn issuer(&self) -> Result<&str, VerifyError> {
        self.iss.as_deref().ok_or(VerifyError::MissingClaim("iss"))
    }

    /// The kind of the token: access or ID.
    pub(super) fn token_use(&self, accepted: TokenUse) -> Result<TokenUse, VerifyError> {
        match self.token_use.as_deref() {
            Some("access") => Ok(TokenUse::Access),
            Some("id") => Ok(TokenUse::Id),
            // Emulators sign their refresh tokens with the very key of their access tokens.
            Some("refresh") => Err(VerifyError::RefreshToken),
            Some(_) => Err(VerifyError::TokenUse(accepted)),
            None => Err(VerifyError::MissingClaim("token_use")),
        }
    }

    /// The dates that decide whether the token is valid at a time.
    pub(super) fn times(&self) -> Result<Times, VerifyError> {
        Ok(Times {
            issued_at: self.iat.ok_or(VerifyError::MissingClaim("iat"))?,
            expires_at: self.exp.ok_or(VerifyError::MissingClaim("exp"))?,
            not_before: self.nbf,
        })
    }

    /// The subject, which every token has (RFC 7519 §4.1.2).
    pub(super) fn sub(&self) -> Result<&str, VerifyError> {
        let sub = self.sub.as_deref().filter(|sub| !sub.is_empty());
        sub.ok_or(VerifyError::MissingClaim("sub"))
    }
}

/// A claim in its type, if it is there.
pub(super) fn read<'a, T: Deserialize<'a>>(
    claim: Option<&'a RawValue>,
) -> Result<Option<T>, VerifyError> {
    let value = claim.map(|claim| serde_json::from_str(claim.get()));
    value.transpose().map_err(|_| VerifyError::Payload)
}
