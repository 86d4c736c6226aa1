use serde::Deserialize;

use super::keys::KeyId;
use crate::VerifyError;
use crate::claims::NumericDate;
use crate::json::{self, Text, present};
use crate::jws::{JoseHeader, Parameters};

/// The JOSE header of what a load balancer signs. It holds what a token of Cognito has among its
/// claims.
#[derive(Debug)]
pub(super) struct AlbHeader<'a> {
    kid: Option<Text<'a>>,
    members: Members<'a>,
}

#[derive(Debug, Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    signer: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    iss: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    client: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<NumericDate>,
}

impl<'a> JoseHeader<'a> for AlbHeader<'a> {
    /// Load balancers write the padding that a JWS has not (RFC 7515 §2).
    const MAY_BE_PADDED: bool = true;

    fn parse(text: &'a str) -> Result<Self, VerifyError> {
        let Parameters { kid } = Parameters::parse(text, "ES256")?;
        let members = json::from_object(text).map_err(|_| VerifyError::Header)?;
        Ok(Self { kid, members })
    }
}

impl AlbHeader<'_> {
    /// The ARN of the load balancer that says that it signed.
    pub(super) fn signer(&self) -> Result<&str, VerifyError> {
        self.members.signer.as_deref().ok_or(VerifyError::MissingHeaderParameter("signer"))
    }

    /// The issuer that the user signed in at.
    pub(super) fn issuer(&self) -> Result<&str, VerifyError> {
        self.members.iss.as_deref().ok_or(VerifyError::MissingHeaderParameter("iss"))
    }

    /// The app client that the load balancer is there.
    pub(super) fn client(&self) -> Result<&str, VerifyError> {
        self.members.client.as_deref().ok_or(VerifyError::MissingHeaderParameter("client"))
    }

    /// When it expires.
    pub(super) fn expires_at(&self) -> Result<NumericDate, VerifyError> {
        self.members.exp.ok_or(VerifyError::MissingHeaderParameter("exp"))
    }

    /// Which key signed.
    pub(super) fn kid(&self) -> Result<KeyId, VerifyError> {
        self.kid.as_deref().and_then(KeyId::parse).ok_or(VerifyError::KeyId)
    }
}
