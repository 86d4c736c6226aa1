//! The verifier: which pool, which key, signature, claims at a time.

mod builder;
mod candidate;
mod environment;
mod token_cache;
mod trust;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use self::builder::Check;
pub use self::builder::CognitoVerifierBuilder;
use self::candidate::Candidate;
use self::token_cache::TokenCache;
use self::trust::TrustedIssuer;
pub use self::trust::TrustedPool;
use crate::claims::{CognitoClaims, Policy};
use crate::clock::{Clock, Moment};
use crate::keys::{Freshness, IssuerKeys, Key, NoKey, RefreshTask, join_all};
use crate::revocation::Incomplete;
use crate::{
    ClientIds, ConfigError, JwksCache, PrefetchError, Revocations, UserPool, VerifyError, telemetry,
};

/// Verifies the tokens of one or several user pools, locally. Cheap to clone: clones share one
/// verifier.
///
/// The defaults are strict: access tokens only, of the named app clients only, without leeway.
/// Verified tokens are cached by their SHA-256 (10,000 by default), so each signature is computed
/// once. Expiry, key and your own checks still apply on every call.
///
/// ```
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use axum_cognito::CognitoVerifier;
///
/// let verifier = CognitoVerifier::new("us-east-1_AbCdEfGhI", "my-client-id")?;
/// let claims = verifier.verify(token).await?;
/// println!("{} may come in", claims.sub());
/// # Ok(())
/// # }
/// ```
///
/// # The order of the checks
///
/// Cheap checks come first and the signature comes last, so a token that is rejected for its claims
/// costs neither a fetch nor a signature. It also means that [`VerifyError::Expired`], for example,
/// reports what the token says, not that Cognito ever issued it.
///
/// | | what is checked | rejected as |
/// |---|---|---|
/// | 1 | at most 16 KiB | [`TooLong`](VerifyError::TooLong) |
/// | 2 | three parts between dots | [`NotJwt`](VerifyError::NotJwt), five: [`RefreshToken`](VerifyError::RefreshToken) |
/// | 3 | the header at most 1 KiB; each part is strict base64url | [`TooLong`](VerifyError::TooLong), [`Base64`](VerifyError::Base64) |
/// | 4 | the header is a JSON object | [`Header`](VerifyError::Header) |
/// | 5 | `alg` is `RS256`; no `crit`, no `b64`; no token within the token | [`Algorithm`](VerifyError::Algorithm), [`Extension`](VerifyError::Extension), [`Nested`](VerifyError::Nested) |
/// | 6 | the payload is a JSON object; the claims that decide have their types | [`Payload`](VerifyError::Payload) |
/// | 7 | `iss` is a trusted issuer | [`MissingClaim`](VerifyError::MissingClaim), [`Issuer`](VerifyError::Issuer) |
/// | 8 | `token_use` is accepted | [`MissingClaim`](VerifyError::MissingClaim), [`RefreshToken`](VerifyError::RefreshToken), [`TokenUse`](VerifyError::TokenUse) |
/// | 9 | the claims of that kind have their types; the client is accepted | [`Payload`](VerifyError::Payload), [`MissingClaim`](VerifyError::MissingClaim), [`Client`](VerifyError::Client) |
/// | 10 | the audience of an access token: one that is required, else its own client if it names any | [`Payload`](VerifyError::Payload) for one of a wrong type, [`Audience`](VerifyError::Audience) |
/// | 11 | `sub`, `iat`, `exp` are there | [`MissingClaim`](VerifyError::MissingClaim) |
/// | 12 | `exp`, `nbf`, `iat`, the maximum age | [`Expired`](VerifyError::Expired), [`NotYetValid`](VerifyError::NotYetValid), [`IssuedInFuture`](VerifyError::IssuedInFuture), [`TooOld`](VerifyError::TooOld) |
/// | 13 | `kid` is there | [`KeyId`](VerifyError::KeyId) |
/// | 14 | the issuer has that key; perhaps a fetch | [`UnknownKey`](VerifyError::UnknownKey), [`KeysUnavailable`](VerifyError::KeysUnavailable) |
/// | 15 | the signature | [`Signature`](VerifyError::Signature) |
/// | 16 | the [list of revocations](CognitoVerifierBuilder::revocations), if there is one | [`Ended`](VerifyError::Ended), [`RenewalRequired`](VerifyError::RenewalRequired), [`RevocationsUnavailable`](VerifyError::RevocationsUnavailable) |
/// | 17 | your own checks | [`Check`](VerifyError::Check) |
#[derive(Clone)]
pub struct CognitoVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    issuers: HashMap<String, TrustedIssuer>,
    pools: Vec<JwksCache>,
    policy: Policy,
    checks: Vec<Check>,
    token_cache: Option<TokenCache>,
    revocations: Option<Revocations>,
    clock: Clock,
}

/// Why a token is not verified, or not yet.
pub(crate) enum NotVerified {
    Refused(VerifyError),
    /// The token is in order as far as can be told without its key, which may take a wait.
    NeedsKey(MissingKey),
    /// All is known but whether the token is revoked: the list may be complete in a moment.
    NeedsRevocations,
}

/// A key that a token needs and the cached keys lack.
pub(crate) struct MissingKey {
    keys: Arc<IssuerKeys>,
    kid: String,
    /// When its token came: what was fetched before that does not show that the key is missing.
    arrived: Moment,
}

impl CognitoVerifier {
    /// Creates a verifier of access tokens from one pool, for these app clients.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the pool id or a client id is malformed.
    pub fn new(user_pool_id: &str, client_ids: impl Into<ClientIds>) -> Result<Self, ConfigError> {
        Self::builder().trust(UserPool::new(user_pool_id)?, client_ids).build()
    }

    /// Returns a builder, for a verifier with your own settings.
    pub fn builder() -> CognitoVerifierBuilder {
        CognitoVerifierBuilder::new()
    }

    /// Verifies a token, and waits for the pool's keys if they are not cached.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] says why the token is rejected; [`VerifyError::KeysUnavailable`] means that it
    /// could not be verified within [`max_wait`](crate::JwksCacheBuilder::max_wait).
    ///
    /// # Panics
    ///
    /// If it has to wait and the tokio runtime has no time driver. Build the runtime with
    /// `enable_all()`.
    pub async fn verify(&self, token: &str) -> Result<CognitoClaims, VerifyError> {
        match self.try_verify(token) {
            Ok(claims) => Ok(claims),
            Err(NotVerified::Refused(error)) => Err(error),
            Err(NotVerified::NeedsKey(missing)) => self.verify_with(token, &missing).await,
            Err(NotVerified::NeedsRevocations) => self.verify_with_revocations(token).await,
        }
    }

    /// Verifies a token with the cached keys: never waits, never fetches.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), but a key that is not cached is
    /// [`VerifyError::KeysUnavailable`], whether or not the pool has it.
    pub fn verify_cached(&self, token: &str) -> Result<CognitoClaims, VerifyError> {
        let result = self.verify_with_cached_keys(token, Incomplete::Decide);
        telemetry::verified(result.as_ref().err());
        result
    }

    /// Fetches the keys of every pool that has none yet, concurrently.
    ///
    /// Call it before the server takes requests, so that none waits. A pool's second issuer is
    /// not needed for it. After a failed fetch it waits until the next one may start, 2.5 seconds
    /// after the last and up to 5 seconds later, so a loop around it is harmless.
    ///
    /// # Errors
    ///
    /// [`PrefetchError`] names each pool that failed; the others have their keys.
    ///
    /// # Panics
    ///
    /// If a pool has no keys and the tokio runtime has no time driver. Build the runtime with
    /// `enable_all()`.
    pub async fn prefetch(&self) -> Result<(), PrefetchError> {
        let fetches = join_all(self.inner.pools.iter().map(JwksCache::prefetch)).await;
        let mut failures = Vec::new();
        for (pool, fetch) in self.inner.pools.iter().zip(fetches) {
            if let Err(error) = fetch {
                failures.push((pool.user_pool().id().to_owned(), error));
            }
        }
        PrefetchError::from_failures(failures)
    }

    /// Returns whether every pool has keys that can be used, and the list of revocations is ready if
    /// there is one: for a readiness route.
    ///
    /// It reads what is known and fetches no keys, so a server that gets no traffic until this is true
    /// needs [`prefetch`](Self::prefetch) or [`spawn_refresh`](Self::spawn_refresh). A list of
    /// revocations starts to read its log by itself.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        // Asked first, so that it reads its log while there are no keys yet.
        let revocations = self.inner.revocations.as_ref().is_none_or(Revocations::is_ready);
        revocations && self.inner.pools.iter().all(JwksCache::is_ready)
    }

    /// Refreshes the keys of all pools without traffic, until the returned task is dropped.
    ///
    /// As [`JwksCache::spawn_refresh`] does for one. Needs a tokio runtime with a time driver; without
    /// one it logs an error and does nothing.
    pub fn spawn_refresh(&self) -> RefreshTask {
        let verifier = self.clone();
        RefreshTask::spawn(move || {
            verifier.inner.pools.iter().for_each(JwksCache::refresh_if_due);
        })
    }

    /// The keys of each trusted pool, in the order in which they were trusted: for a health route,
    /// or to share with another verifier.
    #[must_use]
    pub fn keys(&self) -> &[JwksCache] {
        &self.inner.pools
    }

    /// The clock by which tokens expire.
    pub(crate) fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// Which kind of token is accepted.
    #[cfg(feature = "sign-in")]
    pub(crate) fn token_use(&self) -> crate::TokenUse {
        self.inner.policy.token_use
    }

    /// Whether some pool's tokens for this app client are accepted.
    #[cfg(feature = "sign-in")]
    pub(crate) fn accepts_client(&self, client_id: &str) -> bool {
        self.inner.issuers.values().any(|issuer| issuer.clients.accept(client_id))
    }

    /// What `aud` of an access token must hold one of; empty if none is required.
    #[cfg(feature = "resource-metadata")]
    pub(crate) fn audiences(&self) -> &[String] {
        self.inner.policy.audience.accepted.as_deref().unwrap_or_default()
    }

    /// Verifies a token as far as it goes without a wait, and starts a refresh that is due.
    pub(crate) fn try_verify(&self, token: &str) -> Result<CognitoClaims, NotVerified> {
        let result = match self.verify_or_name_key(token) {
            Err(NotVerified::Refused(error)) if self.inner.may_wait_after(&error) => {
                Err(NotVerified::NeedsRevocations)
            }
            result => result,
        };
        match &result {
            Ok(_) => telemetry::verified(None),
            Err(NotVerified::Refused(error)) => telemetry::verified(Some(error)),
            // Counted once what it needs is there.
            Err(NotVerified::NeedsKey(_) | NotVerified::NeedsRevocations) => {}
        }
        result
    }

    /// Verifies a token once the key that it needs is there: may wait for a fetch.
    pub(crate) async fn verify_with(
        &self,
        token: &str,
        missing: &MissingKey,
    ) -> Result<CognitoClaims, VerifyError> {
        let result = match missing.keys.key(&missing.kid, missing.arrived).await {
            Ok(key) => self.verify_with_key(token, &key).await,
            Err(no_key) => Err(no_key.into()),
        };
        telemetry::verified(result.as_ref().err());
        result
    }

    /// Verifies a token once the list of revocations is complete, or cannot be waited for any more.
    pub(crate) async fn verify_with_revocations(
        &self,
        token: &str,
    ) -> Result<CognitoClaims, VerifyError> {
        self.inner.wait_for_revocations().await;
        let result = self.verify_with_cached_keys(token, Incomplete::Decide);
        telemetry::verified(result.as_ref().err());
        result
    }

    async fn verify_with_key(
        &self,
        token: &str,
        key: &Arc<Key>,
    ) -> Result<CognitoClaims, VerifyError> {
        let prove = |incomplete| {
            // The clock is read again: the token may have expired while it waited.
            let now = self.inner.clock.now();
            let mut buffer = Vec::new();
            Candidate::check(&self.inner, token, now, &mut buffer)?.prove(key, incomplete)
        };
        match prove(Incomplete::Wait) {
            Err(error) if self.inner.may_wait_after(&error) => {
                self.inner.wait_for_revocations().await;
                prove(Incomplete::Decide)
            }
            result => result,
        }
    }

    fn verify_with_cached_keys(
        &self,
        token: &str,
        incomplete: Incomplete,
    ) -> Result<CognitoClaims, VerifyError> {
        let now = self.inner.clock.now();
        let mut buffer = Vec::new();
        let candidate = Candidate::check(&self.inner, token, now, &mut buffer)?;
        let keys = candidate.keys();
        let snapshot = keys.snapshot(now);
        let Some(key) = snapshot.key(candidate.kid()?) else {
            return Err(keys.no_key(now).into());
        };
        if snapshot.wants_refresh() {
            keys.count_if_failing();
        }
        candidate.prove(key, incomplete)
    }

    fn verify_or_name_key(&self, token: &str) -> Result<CognitoClaims, NotVerified> {
        let now = self.inner.clock.now();
        let mut buffer = Vec::new();
        let candidate = Candidate::check(&self.inner, token, now, &mut buffer)?;
        let keys = candidate.keys();
        let kid = candidate.kid()?;
        let snapshot = keys.snapshot(now);
        if let Some(key) = snapshot.key(kid) {
            let freshness = if snapshot.wants_refresh() {
                keys.refresh_behind(&snapshot, now)
            } else {
                Freshness::Serve
            };
            match freshness {
                Freshness::Serve => return Ok(candidate.prove(key, Incomplete::Wait)?),
                Freshness::Wait => {}
            }
        }
        let keys = Arc::clone(keys);
        Err(NotVerified::NeedsKey(MissingKey { keys, kid: kid.to_owned(), arrived: now }))
    }
}

impl Inner {
    /// Whether a token that was refused for this may be accepted in a moment.
    fn may_wait_after(&self, error: &VerifyError) -> bool {
        let revocations = self.revocations.as_ref();
        matches!(error, VerifyError::RevocationsUnavailable { .. })
            && revocations.is_some_and(Revocations::may_be_complete_soon)
    }

    async fn wait_for_revocations(&self) {
        if let Some(revocations) = &self.revocations {
            revocations.wait().await;
        }
    }
}

impl From<VerifyError> for NotVerified {
    fn from(error: VerifyError) -> Self {
        Self::Refused(error)
    }
}

impl From<NoKey> for VerifyError {
    fn from(no_key: NoKey) -> Self {
        match no_key {
            NoKey::Unknown => Self::UnknownKey,
            NoKey::NoIssuer => Self::Issuer,
            NoKey::Unavailable { retry_after } => Self::KeysUnavailable { retry_after },
        }
    }
}

impl fmt::Debug for CognitoVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoVerifier")
            .field("pools", &self.inner.pools)
            .field("policy", &self.inner.policy)
            .field("checks", &self.inner.checks.len())
            .finish_non_exhaustive()
    }
}
