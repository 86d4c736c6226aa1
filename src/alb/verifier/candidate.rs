use std::sync::Arc;

use super::Inner;
use crate::VerifyError;
use crate::alb::AlbClaims;
use crate::alb::header::AlbHeader;
use crate::alb::keys::{AlbKey, AlbKeys, KeyId};
use crate::alb::payload::{AlbHeaderClaims, AlbPayload};
use crate::clock::Moment;
use crate::jws::Jws;

/// A load balancer's token that is in order: only its key is missing.
pub(super) struct Candidate<'a> {
    token: &'a str,
    jws: Jws<'a, AlbHeader<'a>>,
    payload: AlbPayload<'a>,
    /// The keys of the load balancer that says that it signed: no others may verify the token.
    pub(super) keys: &'a Arc<AlbKeys>,
}

impl<'a> Candidate<'a> {
    /// Checks all of a token that needs no key. Its parts are decoded into `buffer`.
    pub(super) fn check(
        inner: &'a Inner,
        token: &'a str,
        now: Moment,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Self, VerifyError> {
        let jws = Jws::<AlbHeader<'a>>::parse(token, buffer).map_err(|error| match error {
            // A load balancer's token never is one.
            VerifyError::RefreshToken => VerifyError::NotJwt,
            error => error,
        })?;
        let keys = inner.signers.get(jws.header.signer()?).ok_or(VerifyError::Signer)?;
        let clients = inner.issuers.get(jws.header.issuer()?).ok_or(VerifyError::Issuer)?;
        if !clients.accept(jws.header.client()?) {
            return Err(VerifyError::Client);
        }
        let payload = AlbPayload::parse(jws.payload())?;
        payload.check_issuer(jws.header.issuer()?)?;
        let candidate = Self { token, jws, payload, keys };
        candidate.header_claims()?.check_time(now.wall(), inner.leeway)?;
        Ok(candidate)
    }

    /// Returns the id of the key that the token names.
    pub(super) fn kid(&self) -> Result<KeyId, VerifyError> {
        self.jws.header.kid()
    }

    /// Proves the token with the load balancer's key: its signature is over the text as it was sent,
    /// with its padding or without.
    pub(super) fn prove(self, key: &AlbKey) -> Result<AlbClaims, VerifyError> {
        let (signing_input, _) = self.token.rsplit_once('.').ok_or(VerifyError::NotJwt)?;
        if !key.verifies(signing_input.as_bytes(), self.jws.signature) {
            return Err(VerifyError::Signature);
        }
        Ok(self.payload.to_claims(self.jws.payload(), &self.header_claims()?))
    }

    fn header_claims(&self) -> Result<AlbHeaderClaims<'_>, VerifyError> {
        let header = &self.jws.header;
        Ok(AlbHeaderClaims {
            issuer: header.issuer()?,
            client: header.client()?,
            signer: header.signer()?,
            expires_at: self.payload.expires_at(header.expires_at()?),
        })
    }
}
