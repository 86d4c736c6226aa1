use serde_json::value::RawValue;

use super::audience::Audience;
use super::identity::{Flag, Identity};
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

    /// An access token must be bound to the audience (RFC 8707); an ID token's is its client.
    pub(super) fn check_audience(
        &self,
        aud: Option<&RawValue>,
        audience: &str,
    ) -> Result<(), VerifyError> {
        match self {
            Self::Id { .. } => Ok(()),
            Self::Access { .. } => match read::<Audience<'_>>(aud)? {
                Some(aud) if aud.contains(audience) => Ok(()),
                Some(_) | None => Err(VerifyError::Audience),
            },
        }
    }

    fn read_access(payload: &Payload<'a>) -> Result<Self, VerifyError> {
        Ok(Self::Access {
            client_id: read(payload.client_id)?.ok_or(VerifyError::MissingClaim("client_id"))?,
            username: read(payload.username)?,
            scope: read(payload.scope)?,
        })
    }

    fn read_id(payload: &Payload<'a>) -> Result<Self, VerifyError> {
        let audience: Audience<'a> = read(payload.aud)?.ok_or(VerifyError::MissingClaim("aud"))?;
        Ok(Self::Id {
            // One client, so that none can take a token that was made for another one too.
            client_id: audience.into_single().ok_or(VerifyError::Client)?,
            username: read(payload.cognito_username)?,
            email: read(payload.email)?,
            email_verified: read::<Flag>(payload.email_verified)?.is_some_and(|flag| flag.0),
            // `null` where others leave the claim out.
            identities: read::<Option<_>>(payload.identities)?.flatten().unwrap_or_default(),
            roles: read(payload.roles)?.unwrap_or_default(),
            preferred_role: read(payload.preferred_role)?,
            nonce: read(payload.nonce)?,
        })
    }
}
