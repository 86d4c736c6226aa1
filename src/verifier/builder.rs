use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::token_cache::TokenCache;
use super::trust::{TrustedIssuer, TrustedPool};
use super::{CognitoVerifier, Inner};
use crate::claims::{CognitoClaims, Origin, Policy};
use crate::clock::Clock;
use crate::{ClientIds, ConfigError, JwksCache, Revocations, TokenUse};

const DEFAULT_TOKEN_CACHE: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// A check of the application's own.
pub(super) type Check = Arc<dyn Fn(&CognitoClaims) -> Result<(), String> + Send + Sync>;

/// Settings of a [`CognitoVerifier`]: from [`CognitoVerifier::builder`].
///
/// Examples: [all settings](crate::guide::settings), [several pools](crate::guide::several_pools).
#[must_use]
pub struct CognitoVerifierBuilder {
    pools: Vec<(TrustedPool, ClientIds)>,
    policy: Policy,
    checks: Vec<Check>,
    token_cache: Option<NonZeroUsize>,
    revocations: Option<Revocations>,
    clock: Clock,
}

impl CognitoVerifierBuilder {
    pub(super) fn new() -> Self {
        Self {
            pools: Vec::new(),
            policy: Policy::default(),
            checks: Vec::new(),
            token_cache: Some(DEFAULT_TOKEN_CACHE),
            revocations: None,
            clock: Clock::default(),
        }
    }

    /// Trusts a pool's tokens for these app clients. Call it once for each pool.
    ///
    /// Takes a [`UserPool`](crate::UserPool), or a [`JwksCache`] to share the keys between
    /// verifiers; the client ids as `&str`, `[&str; N]`, `Vec<String>` or [`ClientIds::any()`].
    pub fn trust(mut self, pool: impl Into<TrustedPool>, client_ids: impl Into<ClientIds>) -> Self {
        self.pools.push((pool.into(), client_ids.into()));
        self
    }

    /// Sets which kind of token is accepted. Defaults to [`TokenUse::Access`].
    ///
    /// Example: [who is this](crate::guide::access_or_id_tokens#id-tokens-who-is-this).
    pub fn token_use(mut self, token_use: TokenUse) -> Self {
        self.policy.token_use = token_use;
        self
    }

    /// Sets how far the clocks of two machines may differ, for `exp`, `nbf`, `iat` (which may be a minute
    /// further ahead) and the maximum age. Defaults to zero.
    ///
    /// An expired token is accepted that much longer.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy.times.leeway = leeway;
        self
    }

    /// Sets the maximum age of a token since it was issued, whatever its `exp`, plus the
    /// [`leeway`](Self::leeway). Defaults to no limit.
    ///
    /// This bounds what local verification cannot see: a token that Cognito has revoked.
    ///
    /// Example: [a maximum age for one API](crate::guide::revocation#a-maximum-age-for-one-api).
    pub fn max_token_age(mut self, age: Duration) -> Self {
        self.policy.times.max_token_age = Some(age);
        self
    }

    /// Requires this value in `aud` of an access token, that is, a token bound to this resource
    /// server (RFC 8707). Replaces the [`audiences`](Self::audiences) that were set before.
    ///
    /// Without an audience, a token that has no `aud` is accepted, and one that has is accepted only
    /// if `aud` names the token's own client: a token that is bound to another resource is rejected
    /// (RFC 7519 §4.1.3).
    ///
    /// ID tokens are not bound to a resource. So [`build`](Self::build) fails if an audience is
    /// required and [`token_use`](Self::token_use) is [`Id`](TokenUse::Id) or [`Any`](TokenUse::Any).
    ///
    /// Example: [a token for this API alone](crate::guide::access_or_id_tokens#a-token-for-this-api-alone).
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.audiences([audience])
    }

    /// Requires one of these values in `aud` of an access token. Otherwise as
    /// [`audience`](Self::audience).
    pub fn audiences<I: IntoIterator<Item: Into<String>>>(mut self, audiences: I) -> Self {
        self.policy.audience.accepted = Some(audiences.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts a machine's access token that has no `aud`, where an [`audience`](Self::audience) is
    /// required. Defaults to rejecting it.
    ///
    /// Cognito binds the tokens of users to a resource, and those of the client credentials grant to
    /// none. So with this, the app clients that are trusted and may use that grant get in whichever
    /// API their token was made for: ask for a scope of this API's resource server too, with
    /// [`Require::scope`](crate::Require::scope).
    pub fn accept_machine_tokens_without_audience(mut self) -> Self {
        self.policy.audience.machines_without = true;
        self
    }

    /// Sets how many verified tokens are cached. Defaults to 10,000.
    ///
    /// A 1.1 kB token takes about 1.3 kB. One that takes more than 4 KiB, because it has hundreds of
    /// groups, say, counts as several: one for each 4 KiB. So 10,000 are 40 MB at most, whatever tokens
    /// come. A cached answer equals the one verification would give.
    pub fn token_cache(mut self, capacity: NonZeroUsize) -> Self {
        self.token_cache = Some(capacity);
        self
    }

    /// Turns the token cache off: every signature is computed.
    pub fn without_token_cache(mut self) -> Self {
        self.token_cache = None;
        self
    }

    /// Rejects the tokens that this list revokes, on every call. Defaults to no list.
    ///
    /// Guide: [revocation](crate::guide::revocation).
    pub fn revocations(mut self, revocations: &Revocations) -> Self {
        self.revocations = Some(revocations.clone());
        self
    }

    /// Adds a check of verified tokens, which runs on every call. The reason of an `Err` goes to
    /// [`VerifyError::Check`](crate::VerifyError::Check), not to the client. May be called more than
    /// once: every check must pass.
    ///
    /// It must not block: read from memory, not from a database.
    ///
    /// Example: [a list of ended sign-ins](crate::guide::revocation#a-list-of-ended-sign-ins).
    pub fn check<F>(mut self, check: F) -> Self
    where
        F: Fn(&CognitoClaims) -> Result<(), String> + Send + Sync + 'static,
    {
        self.checks.push(Arc::new(check));
        self
    }

    /// Sets a clock that a test can move. Defaults to the system clock.
    ///
    /// Example: [a router in a test](crate::guide::testing_your_application#a-router-without-a-socket).
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::TestClock) -> Self {
        self.clock = Clock::Test(clock);
        self
    }

    /// Verifies what an app client is issued: tokens of both kinds, each once, for any audience.
    ///
    /// Ten minutes of leeway: tokens come straight from Cognito, and a clock that is behind must not
    /// lose a rotated refresh token. Whoever uses the tokens decides about their time.
    #[cfg(feature = "app-client")]
    pub(crate) fn for_app_client(mut self, clock: Clock) -> Self {
        self.policy.token_use = TokenUse::Any;
        self.policy.audience.any = true;
        self.policy.times.leeway = self.policy.times.leeway.max(Duration::from_secs(600));
        self.token_cache = None;
        self.clock = clock;
        self
    }

    /// Builds the verifier. It fetches nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the invalid setting: no pool, a pool trusted twice, no
    /// client id, one that is empty or duplicated, an empty audience or one beside ID tokens, a maximum
    /// age of zero, or what [`JwksCache::new`] finds.
    pub fn build(self) -> Result<CognitoVerifier, ConfigError> {
        self.validate()?;
        let mut issuers = HashMap::new();
        let mut pools = Vec::with_capacity(self.pools.len());
        for (pool, client_ids) in self.pools {
            client_ids.validate(pool.id())?;
            let keys = pool.into_keys()?;
            trust_issuers(&mut issuers, &keys, client_ids)?;
            pools.push(keys);
        }
        if let Some(revocations) = &self.revocations {
            revocations.serve(self.policy.times.leeway, &self.clock);
        }
        Ok(CognitoVerifier {
            inner: Arc::new(Inner {
                issuers,
                pools,
                policy: self.policy,
                checks: self.checks,
                token_cache: self.token_cache.map(TokenCache::new),
                revocations: self.revocations,
                clock: self.clock,
            }),
        })
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.pools.is_empty() {
            return Err(ConfigError::NoPool);
        }
        self.validate_audiences()?;
        match self.policy.times.max_token_age {
            Some(value) if value.is_zero() => Err(ConfigError::Duration {
                name: "max_token_age",
                value,
                expected: "longer than zero",
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn validate_audiences(&self) -> Result<(), ConfigError> {
        let Some(audiences) = &self.policy.audience.accepted else { return Ok(()) };
        if audiences.is_empty() {
            return Err(ConfigError::NoAudience);
        }
        if let Some(audience) = audiences.iter().find(|audience| audience.trim().is_empty()) {
            return Err(ConfigError::Audience { audience: audience.clone() });
        }
        match self.policy.token_use {
            TokenUse::Access => Ok(()),
            TokenUse::Id | TokenUse::Any => Err(ConfigError::AudienceOfIdTokens),
        }
    }
}

fn trust_issuers(
    issuers: &mut HashMap<String, TrustedIssuer>,
    pool: &JwksCache,
    client_ids: ClientIds,
) -> Result<(), ConfigError> {
    let clients = Arc::new(client_ids);
    for (issuer, keys) in pool.issuers() {
        let Entry::Vacant(entry) = issuers.entry(issuer.clone()) else {
            return Err(ConfigError::DuplicateIssuer { issuer: issuer.clone() });
        };
        let (issuer, user_pool_id) = (issuer.clone(), pool.user_pool().id().to_owned());
        entry.insert(TrustedIssuer {
            origin: Arc::new(Origin { issuer, user_pool_id }),
            keys: Arc::clone(keys),
            clients: Arc::clone(&clients),
        });
    }
    Ok(())
}

impl fmt::Debug for CognitoVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoVerifierBuilder")
            .field("pools", &self.pools)
            .field("policy", &self.policy)
            .field("checks", &self.checks.len())
            .field("token_cache", &self.token_cache)
            .finish_non_exhaustive()
    }
}
