use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{AlbVerifier, Inner};
use crate::alb::LoadBalancer;
use crate::alb::keys::AlbKeys;
use crate::clock::Clock;
use crate::fetch::{DynFetchJwks, FetchJwks};
use crate::keys::Timing;
use crate::{ClientIds, ConfigError, UserPool};

/// The age at which a key is checked again.
const REFRESH_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Settings of an [`AlbVerifier`]: from [`AlbVerifier::builder`].
///
/// ```
/// use std::time::Duration;
/// use axum_cognito::{AlbVerifier, LoadBalancer, UserPool};
///
/// let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
/// let verifier = AlbVerifier::builder([LoadBalancer::new(arn)?])
///     .trust(UserPool::new("eu-west-1_AbCdEfGhI")?, "my-client-id")
///     .leeway(Duration::from_secs(5))
///     .build()?;
/// # let _ = verifier;
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[must_use]
pub struct AlbVerifierBuilder {
    load_balancers: Vec<LoadBalancer>,
    pools: Vec<(UserPool, ClientIds)>,
    leeway: Duration,
    timing: Timing,
    fetcher: Option<Arc<dyn DynFetchJwks>>,
    clock: Clock,
}

impl AlbVerifierBuilder {
    pub(super) fn new(load_balancers: Vec<LoadBalancer>) -> Self {
        Self {
            load_balancers,
            pools: Vec::new(),
            leeway: Duration::ZERO,
            timing: Timing { refresh_after: REFRESH_AFTER, ..Timing::default() },
            fetcher: None,
            clock: Clock::default(),
        }
    }

    /// Trusts the users of a pool who signed in for these app clients. Once for each pool.
    ///
    /// `iss` must be an issuer of the pool to the letter; the keys of the pool are not needed. The
    /// client ids as `&str`, `[&str; N]`, `Vec<String>` or [`ClientIds::any()`].
    pub fn trust(mut self, pool: UserPool, client_ids: impl Into<ClientIds>) -> Self {
        self.pools.push((pool, client_ids.into()));
        self
    }

    /// Sets how far the clocks of two machines may differ, at `exp`. Defaults to zero.
    ///
    /// An expired token works that much longer. A load balancer signs for about two minutes.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets the age at which a key is checked again, in the background. Defaults to 24 hours, ± 10 %.
    ///
    /// A key that AWS no longer serves is dropped once two such checks have said so. One that cannot
    /// be checked, in an outage, stays in use: under its id there never is another.
    pub fn refresh_after(mut self, age: Duration) -> Self {
        self.timing.refresh_after = age;
        self
    }

    /// Sets how long one fetch of a key may take in all. Defaults to 3 seconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.timing.request_timeout = timeout;
        self
    }

    /// Sets how long a request waits for a key. Defaults to 3 seconds.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.timing.max_wait = wait;
        self
    }

    /// Reads the keys with this client: for a proxy, roots or timeouts of your own.
    ///
    /// Defaults to a client without redirects, whose only timeout is `request_timeout`. An answer
    /// that came by a redirect is refused.
    #[cfg(feature = "reqwest")]
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.fetcher(crate::fetch::HttpFetcher::new(client))
    }

    /// Reads the keys with this instead of HTTP: each answer is a public key in PEM.
    ///
    /// [`JwksError::Status`](crate::JwksError::Status) of 403 or 404 says that there is no such key.
    /// At most one call per load balancer is in flight, not counting calls that were abandoned because
    /// their runtime stopped.
    pub fn fetcher(mut self, fetcher: impl FetchJwks) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }

    /// Reads the time from a clock that a test can move. Defaults to the system clock.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::TestClock) -> Self {
        self.clock = Clock::Test(clock);
        self
    }

    /// Builds the verifier. It fetches nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the invalid setting: no load balancer, no pool, a duplicate of either, no
    /// client id, one that is empty or duplicated, a duration of zero, or no source of keys.
    pub fn build(self) -> Result<AlbVerifier, ConfigError> {
        self.timing.validate()?;
        let (signers, issuers) = (self.signers()?, self.issuers()?);
        let inner = Inner { signers, issuers, leeway: self.leeway, clock: self.clock };
        Ok(AlbVerifier { inner: Arc::new(inner) })
    }

    /// The keys of each load balancer, by its ARN.
    fn signers(&self) -> Result<HashMap<String, Arc<AlbKeys>>, ConfigError> {
        if self.load_balancers.is_empty() {
            return Err(ConfigError::NoLoadBalancer);
        }
        let mut signers = HashMap::with_capacity(self.load_balancers.len());
        for load_balancer in &self.load_balancers {
            let arn = load_balancer.arn().to_owned();
            let Entry::Vacant(entry) = signers.entry(arn.clone()) else {
                return Err(ConfigError::DuplicateLoadBalancer { arn });
            };
            let fetcher = self.fetcher_for(load_balancer)?;
            let (load_balancer, clock) = (load_balancer.clone(), self.clock.clone());
            entry.insert(Arc::new(AlbKeys::new(load_balancer, self.timing, clock, fetcher)));
        }
        Ok(signers)
    }

    /// The accepted clients of each issuer.
    fn issuers(&self) -> Result<HashMap<String, Arc<ClientIds>>, ConfigError> {
        if self.pools.is_empty() {
            return Err(ConfigError::NoPool);
        }
        let mut issuers = HashMap::new();
        for (pool, client_ids) in &self.pools {
            client_ids.validate(pool.id())?;
            let clients = Arc::new(client_ids.clone());
            for issuer in pool.issuers() {
                if issuers.insert(issuer.clone(), Arc::clone(&clients)).is_some() {
                    return Err(ConfigError::DuplicateIssuer { issuer: issuer.clone() });
                }
            }
        }
        Ok(issuers)
    }

    #[cfg_attr(
        not(feature = "reqwest"),
        expect(unused_variables, reason = "only the default HTTP client needs the URL")
    )]
    fn fetcher_for(
        &self,
        load_balancer: &LoadBalancer,
    ) -> Result<Arc<dyn DynFetchJwks>, ConfigError> {
        if let Some(fetcher) = &self.fetcher {
            return Ok(Arc::clone(fetcher));
        }
        #[cfg(feature = "reqwest")]
        return Ok(Arc::new(crate::fetch::HttpFetcher::shared(load_balancer.key_url())?));
        #[cfg(not(feature = "reqwest"))]
        Err(ConfigError::NoLoadBalancerKeySource)
    }
}

impl fmt::Debug for AlbVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbVerifierBuilder")
            .field("load_balancers", &self.load_balancers)
            .field("pools", &self.pools)
            .field("leeway", &self.leeway)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
