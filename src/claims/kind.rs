use serde::Deserialize;
use serde_json::value::RawValue;

use super::audience::Audience;
use super::identity::{self, Identity};
use super::inform;
use super::payload::{Payload, read};
use crate::json::Text;
use crate::{TokenUse, VerifyError};

/// The claims that only one kind of token has.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    Access {
        client_id: Text<'a>,
        username: Option<Text<'a>>,
        scope: Option<Text<'a>>,
    },
    Id {
        client_id: Text<'a>,
        username: Option<Text<'a>>,
        email: Option<Text<'a>>,
        email_verified: bool,
        phone_number: Option<Text<'a>>,
        phone_number_verified: bool,
        identities: Vec<Identity>,
        roles: Vec<String>,
        preferred_role: Option<Text<'a>>,
        nonce: Option<Text<'a>>,
    },
}

impl<'a> Kind<'a> {
    pub(super) fn read(payload: &Payload<'a>, token_use: TokenUse) -> Result<Self, VerifyError> {
        match token_use {
            TokenUse::Id => Self::read_id(payload),
            TokenUse::Access | TokenUse::Any => Self::read_access(payload),
        }
    }

    pub(super) fn client_id(&self) -> &str {
        match self {
            Self::Access { client_id, .. } | Self::Id { client_id, .. } => client_id,
        }
    }

    fn read_access(payload: &Payload<'a>) -> Result<Self, VerifyError> {
        Ok(Self::Access {
            client_id: required("client_id", payload.client_id)?,
            username: inform::text(payload.username),
            scope: read("scope", payload.scope)?,
        })
    }

    fn read_id(payload: &Payload<'a>) -> Result<Self, VerifyError> {
        let audience: Audience<'a> = required("aud", payload.aud)?;
        Ok(Self::Id {
            // One client, so that none can take a token that was made for another one too.
            client_id: audience.into_single().ok_or(VerifyError::Client)?,
            username: inform::text(payload.cognito_username),
            email: inform::text(payload.email),
            email_verified: inform::flag(payload.email_verified),
            phone_number: inform::text(payload.phone_number),
            phone_number_verified: inform::flag(payload.phone_number_verified),
            identities: identity::read_all(payload.identities),
            roles: inform::texts(payload.roles),
            preferred_role: inform::text(payload.preferred_role),
            nonce: read("nonce", payload.nonce)?,
        })
    }
}

/// A claim in its type, which this kind of token must have.
fn required<'a, T: Deserialize<'a>>(
    name: &'static str,
    claim: Option<&'a RawValue>,
) -> Result<T, VerifyError> {
    read(name, claim)?.ok_or(VerifyError::MissingClaim(name))
}
