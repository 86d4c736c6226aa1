use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::issuer::IssuerKeys;
use super::jwk::usable_keys;
use super::key_set::KeySet;
use super::timing::Timing;
use super::{Inner, JwksCache};
use crate::clock::Clock;
use crate::fetch::{DynFetchJwks, FetchJwks};
use crate::{ConfigError, UserPool};

/// Settings of a [`JwksCache`]: from [`JwksCache::builder`].
///
/// Example: [every knob](crate::guide::key_rotation#every-knob).
#[must_use]
pub struct JwksCacheBuilder {
    pool: UserPool,
    timing: Timing,
    fetcher: Option<Arc<dyn DynFetchJwks>>,
    preload: Option<String>,
    preload_age: PreloadAge,
    clock: Clock,
}

/// How old preloaded keys are taken to be.
#[derive(Clone, Copy, Debug)]
enum PreloadAge {
    /// Nobody knows, so they are read again with the first token.
    Due,
    /// Made with the cache.
    #[cfg(feature = "testing")]
    Fresh,
}

impl JwksCacheBuilder {
    pub(super) fn new(pool: UserPool) -> Self {
        Self {
            pool,
            timing: Timing::default(),
            fetcher: None,
            preload: None,
            preload_age: PreloadAge::Due,
            clock: Clock::default(),
        }
    }

    /// The age at which keys are read again, behind the requests. Defaults to 5 minutes, ± 10 %.
    ///
    /// This is how long a key that Cognito removed may still be accepted under traffic. From an hour
    /// on, use [`spawn_refresh`](JwksCache::spawn_refresh): keys that nothing was tried for during
    /// an hour make a request wait for newer ones, up to a second, under steady traffic too.
    pub fn refresh_after(mut self, age: Duration) -> Self {
        self.timing.refresh_after = age;
        self
    }

    /// The age at which keys that cannot be refreshed stop working. Defaults to 24 hours.
    ///
    /// This is how long an outage of the JWKS endpoint may last before requests get 503.
    pub fn max_stale(mut self, age: Duration) -> Self {
        self.timing.max_stale = age;
        self
    }

    /// How long one fetch may take, all together: DNS, TCP, a proxy, TLS and the answer. Defaults to
    /// 3 seconds.
    ///
    /// It is the only limit of the default HTTP client, and [`JwksError::Timeout`](crate::JwksError::Timeout)
    /// names it.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.timing.request_timeout = timeout;
        self
    }

    /// How long a request waits for keys before it gets 503. Defaults to 3 seconds.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.timing.max_wait = wait;
        self
    }

    /// Reads the JWKS with this client: for a proxy, roots or timeouts of your own.
    ///
    /// Defaults to a client without redirects, whose only timeout is
    /// [`request_timeout`](Self::request_timeout). An answer that came by a redirect is refused.
    #[cfg(feature = "reqwest")]
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.fetcher(crate::fetch::HttpFetcher::new(client))
    }

    /// Reads the JWKS with this instead of HTTP.
    ///
    /// Example: [`FetchJwks`].
    pub fn fetcher(mut self, fetcher: impl FetchJwks) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }

    /// Starts with the keys of this JWKS for the pool's first issuer, as if fetched at the build.
    ///
    /// Its keys answer at once, and the first request starts a fetch behind. Without the feature
    /// `reqwest` and without a [`fetcher`](Self::fetcher) they are the keys for good; with one of
    /// them they work for [`max_stale`](Self::max_stale) if no fetch succeeds, like any others.
    ///
    /// To run without a network: [deploying](crate::guide::deploying#containers).
    pub fn preload(mut self, jwks_json: &str) -> Self {
        self.preload = Some(jwks_json.to_owned());
        self
    }

    /// As [`preload`](Self::preload), but the keys are as young as fetched ones: a test pool's, which
    /// no test should leave with a fetch that ended with its runtime.
    #[cfg(feature = "testing")]
    pub(crate) fn preload_fresh(mut self, jwks_json: &str) -> Self {
        self.preload_age = PreloadAge::Fresh;
        self.preload(jwks_json)
    }

    /// Takes the time from a clock that a test can move. Defaults to the clocks of the system.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::TestClock) -> Self {
        self.clock = Clock::Test(clock);
        self
    }

    /// The cache. It fetches nothing yet: the first token does, or
    /// [`CognitoVerifier::prefetch`](crate::CognitoVerifier::prefetch).
    ///
    /// # Errors
    ///
    /// [`ConfigError::Duration`] for a duration of zero, [`ConfigError::Preload`] for a JWKS
    /// without a usable key, [`ConfigError::NoKeySource`] if there is nowhere to read keys from,
    /// [`ConfigError::HttpClient`] if the default client cannot be made.
    pub fn build(self) -> Result<JwksCache, ConfigError> {
        self.timing.validate()?;
        let preloaded = self.preloaded()?;
        let fetcher = self.fetcher_or_default()?;
        if fetcher.is_none() && preloaded.is_none() {
            return Err(ConfigError::NoKeySource { pool: self.pool.id().to_owned() });
        }
        let keys_at = |url: &str, key_set| {
            let (fetcher, clock) = (fetcher.clone(), self.clock.clone());
            Arc::new(IssuerKeys::new(url.to_owned(), self.timing, clock, fetcher, key_set))
        };
        let first = keys_at(self.pool.jwks_url(), preloaded);
        let shared = |url: &str| (url == first.url).then(|| Arc::clone(&first));
        let locations = self.pool.key_locations();
        let issuers = locations
            .map(|(issuer, url)| {
                (issuer.to_owned(), shared(url).unwrap_or_else(|| keys_at(url, None)))
            })
            .collect();
        Ok(JwksCache { inner: Arc::new(Inner { pool: self.pool, first, issuers }) })
    }

    fn preloaded(&self) -> Result<Option<KeySet>, ConfigError> {
        let Some(json) = &self.preload else { return Ok(None) };
        let keys =
            usable_keys(json.as_bytes()).map_err(|reason| ConfigError::Preload { reason })?;
        let refresh_after = match self.preload_age {
            PreloadAge::Due => Duration::ZERO,
            #[cfg(feature = "testing")]
            PreloadAge::Fresh => self.timing.refresh_after(None),
        };
        Ok(Some(KeySet::new(keys, None, self.clock.now(), refresh_after)))
    }

    fn fetcher_or_default(&self) -> Result<Option<Arc<dyn DynFetchJwks>>, ConfigError> {
        if self.fetcher.is_some() {
            return Ok(self.fetcher.clone());
        }
        #[cfg(feature = "reqwest")]
        return Ok(Some(Arc::new(crate::fetch::HttpFetcher::shared(self.pool.jwks_url())?)));
        #[cfg(not(feature = "reqwest"))]
        Ok(None)
    }
}

impl fmt::Debug for JwksCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCacheBuilder")
            .field("pool", &self.pool)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
