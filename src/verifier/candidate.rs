//! A token on its way through the verifier: checked, then proven with a key.
//!
//! [`Candidate::check`] reads all that a token says and refuses what no key could mend. The caller
//! then finds the key in its own way (in the cached keys alone, or after a wait), and
//! [`Candidate::prove`] asks that key. A token that was verified before skips what cannot have
//! changed since, and only that: dates, key and the program's own checks count on every call.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::Inner;
use super::token_cache::{TokenCache, Verified};
use super::trust::TrustedIssuer;
use crate::claims::{Accepted, CognitoClaims, Payload};
use crate::clock::Moment;
use crate::crypto::{SigningInput, TokenDigest};
use crate::jws::{self, Jws};
use crate::keys::{IssuerKeys, Key};
use crate::revocation::Incomplete;
use crate::{VerifyError, telemetry};

/// A token whose claims are in order. Only its key is missing.
pub(super) struct Candidate<'a> {
    inner: &'a Inner,
    token: &'a str,
    now: Moment,
    /// The token cache, if there is one, and the token's name in it.
    cache: Option<(&'a TokenCache, TokenDigest)>,
    state: State<'a>,
}

#[expect(clippy::large_enum_variant, reason = "it lives on the stack of one call")]
enum State<'a> {
    /// Verified before.
    Cached(Arc<Verified>),
    Checked(Checked<'a>),
}

/// A token that was taken apart and checked.
struct Checked<'a> {
    jws: Jws<'a>,
    unproven: Accepted<'a>,
    issuer: &'a TrustedIssuer,
    token: &'a str,
    /// Computed along with the token's digest, if it was; else with the signature, which most tokens
    /// that are refused never come to.
    signing_input: Option<SigningInput>,
}

impl<'a> Candidate<'a> {
    /// Checks all of a token that needs no key. Its parts are decoded into `buffer`.
    pub(super) fn check(
        inner: &'a Inner,
        token: &'a str,
        now: Moment,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Self, VerifyError> {
        jws::check_length(token)?;
        let Some(cache) = &inner.token_cache else {
            let checked = Checked::check(inner, token, None, now, buffer)?;
            return Ok(Self { inner, token, now, cache: None, state: State::Checked(checked) });
        };
        let (digest, signing_input) = TokenDigest::with_signing_input(token);
        let state = match cache.get(&digest) {
            Some(verified) => {
                if let Err(error) = inner.policy.times.check(verified.claims.times(), now.wall()) {
                    cache.remove(&digest);
                    return Err(error);
                }
                State::Cached(verified)
            }
            None => State::Checked(Checked::check(inner, token, Some(signing_input), now, buffer)?),
        };
        Ok(Self { inner, token, now, cache: Some((cache, digest)), state })
    }

    /// Returns the keys of the token's issuer: no others may verify it.
    pub(super) fn keys(&self) -> &Arc<IssuerKeys> {
        match &self.state {
            State::Cached(verified) => &verified.issuer_keys,
            State::Checked(checked) => &checked.issuer.keys,
        }
    }

    /// Returns the id of the key that the token names.
    pub(super) fn kid(&self) -> Result<&str, VerifyError> {
        match &self.state {
            State::Cached(verified) => Ok(&verified.key.kid),
            State::Checked(checked) => checked.jws.kid(),
        }
    }

    /// Proves the token with the issuer's key, then asks the list of revocations and runs the
    /// program's own checks.
    ///
    /// The key is borrowed: threads that all counted the holders of one key would slow each other
    /// down.
    pub(super) fn prove(
        self,
        key: &Arc<Key>,
        incomplete: Incomplete,
    ) -> Result<CognitoClaims, VerifyError> {
        let now = self.now;
        let verified = match self.state {
            State::Cached(verified) if Arc::ptr_eq(key, &verified.key) => {
                telemetry::cached();
                return self.inner.accept_cached(&verified, now, incomplete);
            }
            // The issuer has another key under that id now, so the token starts from scratch.
            State::Cached(_) => {
                if let Some((cache, digest)) = &self.cache {
                    cache.remove(digest);
                }
                let mut buffer = Vec::new();
                Checked::check(self.inner, self.token, None, self.now, &mut buffer)?.prove(key)?
            }
            State::Checked(checked) => checked.prove(key)?,
        };
        let Some((cache, digest)) = self.cache else {
            return self.inner.accept(verified.claims, None, now, incomplete);
        };
        let verified = Arc::new(verified);
        cache.insert(digest, Arc::clone(&verified));
        self.inner.accept_cached(&verified, now, incomplete)
    }
}

impl<'a> Checked<'a> {
    fn check(
        inner: &'a Inner,
        token: &'a str,
        signing_input: Option<SigningInput>,
        now: Moment,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Self, VerifyError> {
        let jws = Jws::parse(token, buffer)?;
        let payload = Payload::parse(jws.payload())?;
        let issuer = inner.issuers.get(payload.issuer()?).ok_or(VerifyError::Issuer)?;
        let unproven = inner.policy.check(payload, &issuer.clients, now.wall())?;
        Ok(Self { jws, unproven, issuer, token, signing_input })
    }

    fn prove(self, key: &Arc<Key>) -> Result<Verified, VerifyError> {
        let input = self.signing_input.unwrap_or_else(|| SigningInput::of(self.token));
        self.jws.check_signature(&key.public_key, input)?;
        let claims = self.unproven.into_claims(self.jws.payload(), Arc::clone(&self.issuer.origin));
        Ok(Verified::new(claims, Arc::clone(key), Arc::clone(&self.issuer.keys)))
    }
}

impl Inner {
    fn accept_cached(
        &self,
        verified: &Verified,
        now: Moment,
        incomplete: Incomplete,
    ) -> Result<CognitoClaims, VerifyError> {
        self.accept(verified.claims.clone(), Some(&verified.not_revoked), now, incomplete)
    }

    /// Asks what counts on every call, also for a token from the cache: the list of revocations, and
    /// the program's own checks.
    fn accept(
        &self,
        claims: CognitoClaims,
        not_revoked: Option<&AtomicU64>,
        now: Moment,
        incomplete: Incomplete,
    ) -> Result<CognitoClaims, VerifyError> {
        if let Some(revocations) = &self.revocations {
            let leeway = self.policy.times.leeway;
            revocations.check(&claims, leeway, now, not_revoked, incomplete)?;
        }
        for check in &self.checks {
            check(&claims).map_err(VerifyError::Check)?;
        }
        Ok(claims)
    }
}
