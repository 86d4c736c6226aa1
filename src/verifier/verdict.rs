use std::sync::Arc;

use super::{CognitoVerifier, Inner};
use crate::claims::{CognitoClaims, Payload};
use crate::clock::Moment;
use crate::crypto::TokenDigest;
use crate::jws::{self, Jws};
use crate::keys::{IssuerKeys, Key, NoKey};
use crate::verified::Verified;
use crate::{VerifyError, telemetry};

/// Why there is no verdict yet, or none that lets the token in.
pub(crate) enum Pending {
    Refused(VerifyError),
    /// A key must be waited for.
    Key(Wanted),
}

/// A key that must be waited for.
pub(crate) struct Wanted {
    pub(super) keys: Arc<IssuerKeys>,
    pub(super) kid: String,
    pub(super) arrived: Moment,
}

impl From<VerifyError> for Pending {
    fn from(error: VerifyError) -> Self {
        Self::Refused(error)
    }
}

impl From<NoKey> for VerifyError {
    fn from(no_key: NoKey) -> Self {
        match no_key {
            NoKey::Unknown => Self::UnknownKey,
            NoKey::Unavailable { retry_after } => Self::KeysUnavailable { retry_after },
        }
    }
}

impl CognitoVerifier {
    /// The verdict on a token at `now`, with the key that `find_key` gives for an issuer and a `kid`.
    pub(super) fn judge<E: From<VerifyError>>(
        &self,
        token: &str,
        now: Moment,
        find_key: impl Fn(&Arc<IssuerKeys>, &str) -> Result<Arc<Key>, E>,
    ) -> Result<CognitoClaims, E> {
        jws::check_length(token)?;
        let (digest, signing_digest) = TokenDigest::with_signing_digest(token);
        if let Some(claims) = self.remembered(&digest, now, &find_key)? {
            return Ok(claims);
        }
        let mut buffer = Vec::new();
        let jws = Jws::parse(token, &mut buffer)?;
        let payload = Payload::parse(jws.payload())?;
        let issuer = self.inner.issuers.get(payload.issuer()?).ok_or(VerifyError::Issuer)?;
        let accepted = self.inner.policy.check(payload, &issuer.clients, now.wall())?;
        let key = find_key(&issuer.keys, jws.kid()?)?;
        jws.check_signature(&key.public_key, &signing_digest)?;
        let claims = accepted.into_claims(jws.payload(), Arc::clone(&issuer.origin));
        self.remember(digest, &claims, key, &issuer.keys);
        self.inner.run_checks(claims).map_err(E::from)
    }

    /// The claims of a token that was verified before, if the very key is still the pool's.
    fn remembered<E: From<VerifyError>>(
        &self,
        digest: &TokenDigest,
        now: Moment,
        find_key: impl Fn(&Arc<IssuerKeys>, &str) -> Result<Arc<Key>, E>,
    ) -> Result<Option<CognitoClaims>, E> {
        let Some(tokens) = &self.inner.verified else { return Ok(None) };
        let Some(verified) = tokens.get(digest) else { return Ok(None) };
        if let Err(error) = self.inner.policy.times.check(verified.claims.times(), now.wall()) {
            tokens.remove(digest);
            return Err(error.into());
        }
        let key = find_key(&verified.issuer_keys, &verified.key.kid)?;
        if !Arc::ptr_eq(&key, &verified.key) {
            tokens.remove(digest);
            return Ok(None);
        }
        telemetry::remembered();
        self.inner.run_checks(verified.claims).map(Some).map_err(E::from)
    }

    fn remember(
        &self,
        digest: TokenDigest,
        claims: &CognitoClaims,
        key: Arc<Key>,
        keys: &Arc<IssuerKeys>,
    ) {
        if let Some(tokens) = &self.inner.verified {
            let (claims, issuer_keys) = (claims.clone(), Arc::clone(keys));
            tokens.insert(digest, Verified { claims, key, issuer_keys });
        }
    }
}

impl Inner {
    fn run_checks(&self, claims: CognitoClaims) -> Result<CognitoClaims, VerifyError> {
        for check in &self.checks {
            check(&claims).map_err(VerifyError::Check)?;
        }
        Ok(claims)
    }
}
