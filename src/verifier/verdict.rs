use std::sync::Arc;

use super::key_source::KeySource;
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
    /// The verdict on a token at `now`, by the keys of this source.
    pub(super) fn judge<S: KeySource>(
        &self,
        token: &str,
        now: Moment,
        source: &S,
    ) -> Result<CognitoClaims, S::Error> {
        jws::check_length(token)?;
        let Some(tokens) = &self.inner.verified else {
            let verified = self.judge_anew(token, || SigningInput::of(token), now, source)?;
            return self.inner.run_checks(verified.claims).map_err(S::Error::from);
        };
        let (digest, signing_input) = TokenDigest::with_signing_input(token);
        let verified = match self.remembered(tokens, &digest, now, source)? {
            Some(verified) => verified,
            None => {
                let verified = Arc::new(self.judge_anew(token, || signing_input, now, source)?);
                tokens.insert(digest, Arc::clone(&verified));
                verified
            }
        };
        self.inner.run_checks(verified.claims.clone()).map_err(S::Error::from)
    }

    /// The same, without the memory of verified tokens, and before the program's own checks.
    fn judge_anew<S: KeySource>(
        &self,
        token: &str,
        signing_input: impl FnOnce() -> SigningInput,
        now: Moment,
        source: &S,
    ) -> Result<Verified, S::Error> {
        let mut buffer = Vec::new();
        let jws = Jws::parse(token, &mut buffer)?;
        let payload = Payload::parse(jws.payload())?;
        let issuer = self.inner.issuers.get(payload.issuer()?).ok_or(VerifyError::Issuer)?;
        let accepted = self.inner.policy.check(payload, &issuer.clients, now.wall())?;
        let key = source.lend(&issuer.keys, jws.kid()?, |key| {
            jws.check_signature(&key.public_key, signing_input()).map(|()| Arc::clone(key))
        })??;
        let claims = accepted.into_claims(jws.payload(), Arc::clone(&issuer.origin));
        Ok(Verified { claims, key, issuer_keys: Arc::clone(&issuer.keys) })
    }

    /// A token that was verified before, if the very key is still the pool's.
    fn remembered<S: KeySource>(
        &self,
        tokens: &VerifiedTokens,
        digest: &TokenDigest,
        now: Moment,
        source: &S,
    ) -> Result<Option<Arc<Verified>>, S::Error> {
        let Some(verified) = tokens.get(digest) else { return Ok(None) };
        if let Err(error) = self.inner.policy.times.check(verified.claims.times(), now.wall()) {
            tokens.remove(digest);
            return Err(error.into());
        }
        let is_its_key = |key: &Arc<Key>| Arc::ptr_eq(key, &verified.key);
        if !source.lend(&verified.issuer_keys, &verified.key.kid, is_its_key)? {
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
