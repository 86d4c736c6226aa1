use std::sync::Arc;

use super::{CognitoVerifier, Inner};
use crate::claims::{CognitoClaims, Payload};
use crate::clock::Moment;
use crate::crypto::{SigningInput, TokenDigest};
use crate::jws::{self, Jws};
use crate::keys::{IssuerKeys, Key, NoKey};
use crate::verified::{Verified, VerifiedTokens};
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
        let Some(tokens) = &self.inner.verified else {
            let verified = self.judge_anew(token, || SigningInput::of(token), now, find_key)?;
            return self.inner.run_checks(verified.claims).map_err(E::from);
        };
        let (digest, signing_input) = TokenDigest::with_signing_input(token);
        let verified = match self.remembered(tokens, &digest, now, &find_key)? {
            Some(verified) => verified,
            None => {
                let verified = self.judge_anew(token, || signing_input, now, find_key)?;
                tokens.insert(digest, verified.clone());
                verified
            }
        };
        self.inner.run_checks(verified.claims).map_err(E::from)
    }

    /// The same, without the memory of verified tokens, and before the program's own checks.
    fn judge_anew<E: From<VerifyError>>(
        &self,
        token: &str,
        signing_input: impl FnOnce() -> SigningInput,
        now: Moment,
        find_key: impl Fn(&Arc<IssuerKeys>, &str) -> Result<Arc<Key>, E>,
    ) -> Result<Verified, E> {
        let mut buffer = Vec::new();
        let jws = Jws::parse(token, &mut buffer)?;
        let payload = Payload::parse(jws.payload())?;
        let issuer = self.inner.issuers.get(payload.issuer()?).ok_or(VerifyError::Issuer)?;
        let accepted = self.inner.policy.check(payload, &issuer.clients, now.wall())?;
        let key = find_key(&issuer.keys, jws.kid()?)?;
        jws.check_signature(&key.public_key, signing_input())?;
        let claims = accepted.into_claims(jws.payload(), Arc::clone(&issuer.origin));
        Ok(Verified { claims, key, issuer_keys: Arc::clone(&issuer.keys) })
    }

    /// A token that was verified before, if the very key is still the pool's.
    fn remembered<E: From<VerifyError>>(
        &self,
        tokens: &VerifiedTokens,
        digest: &TokenDigest,
        now: Moment,
        find_key: impl Fn(&Arc<IssuerKeys>, &str) -> Result<Arc<Key>, E>,
    ) -> Result<Option<Verified>, E> {
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
        Ok(Some(verified))
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
