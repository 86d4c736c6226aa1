use serde::Deserialize;
use serde_json::value::RawValue;

use super::culprit::{self, Claim, Type};
use super::date::NumericDate;
use super::times::Times;
use crate::json::{self, Text, present};
use crate::{TokenUse, VerifyError};

/// The payload of a token as it was sent: claims of every kind of token in their types, those of
/// one kind left as JSON until the kind is known. Nothing in it is proven yet.
///
/// A claim that only informs may have any type, as may those that are not named here. `null` is
/// absent, but for what every token must have, and for `nbf` and `aud`.
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
    pub(super) auth_time: Option<NumericDate>,
    #[serde(borrow)]
    pub(super) jti: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) origin_jti: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) event_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "cognito:groups")]
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
    #[serde(borrow)]
    pub(super) username: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) scope: Option<&'a RawValue>,
    // Access tokens that are bound to a resource, and ID tokens.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) aud: Option<&'a RawValue>,
    // ID tokens.
    #[serde(borrow, rename = "cognito:username")]
    pub(super) cognito_username: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) email: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) email_verified: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) phone_number: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) phone_number_verified: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) identities: Option<&'a RawValue>,
    #[serde(borrow, rename = "cognito:roles")]
    pub(super) roles: Option<&'a RawValue>,
    #[serde(borrow, rename = "cognito:preferred_role")]
    pub(super) preferred_role: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) nonce: Option<&'a RawValue>,
}

impl<'a> Payload<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, VerifyError> {
        json::from_object(text)
            .map_err(|_| VerifyError::Payload { claim: culprit::find(text, &CLAIMS) })
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

/// A claim in its type; `None` if it is absent or `null`.
pub(super) fn read<'a, T: Deserialize<'a>>(
    name: &'static str,
    claim: Option<&'a RawValue>,
) -> Result<Option<T>, VerifyError> {
    let value = claim.map(|claim| serde_json::from_str(claim.get()));
    value.transpose().map_err(|_| VerifyError::Payload { claim: Some(name) })
}

/// The claims that are read at once, in their types, and those that may have any here.
const CLAIMS: [Claim; 27] = [
    Claim("iss", Type::Text),
    Claim("token_use", Type::Text),
    Claim("sub", Type::Text),
    Claim("exp", Type::Date),
    Claim("iat", Type::Date),
    Claim("nbf", Type::Date),
    Claim("auth_time", Type::OptionalDate),
    Claim("jti", Type::OptionalText),
    Claim("origin_jti", Type::OptionalText),
    Claim("cognito:groups", Type::OptionalTexts),
    Claim("event_id", Type::Any),
    Claim("client_id", Type::Any),
    Claim("username", Type::Any),
    Claim("scope", Type::Any),
    Claim("aud", Type::Any),
    Claim("cognito:username", Type::Any),
    Claim("email", Type::Any),
    Claim("email_verified", Type::Any),
    Claim("phone_number", Type::Any),
    Claim("phone_number_verified", Type::Any),
    Claim("identities", Type::Any),
    Claim("cognito:roles", Type::Any),
    Claim("cognito:preferred_role", Type::Any),
    Claim("nonce", Type::Any),
    Claim("acr", Type::Any),
    Claim("amr", Type::Any),
    Claim("act", Type::Any),
];
