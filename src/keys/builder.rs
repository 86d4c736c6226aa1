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
/// Example: [all settings](crate::guide::settings).
#[must_use]
pub struct JwksCacheBuilder {
    pool: UserPool,
    timing: Timing,
    fetcher: Option<Arc<dyn DynFetchJwks>>,
    preload: Option<String>,
    preload_age: PreloadAge,
    without_refresh: bool,
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
            without_refresh: false,
            clock: Clock::default(),
        }
    }

    /// Sets the age at which keys are refreshed in the background. Defaults to 5 minutes, ± 10 %.
    ///
    /// This is how long a key that Cognito removed may still be accepted under traffic. From an hour
    /// on, use [`spawn_refresh`](JwksCache::spawn_refresh): if no refresh was attempted for an hour,
    /// the next request waits up to a second for one, even under steady traffic.
    pub fn refresh_after(mut self, age: Duration) -> Self {
        self.timing.refresh_after = age;
        self
    }

    /// Sets the age at which keys that cannot be refreshed stop working. Defaults to 24 hours. At least
    /// [`refresh_after`](Self::refresh_after).
    ///
    /// This is how long an outage of the JWKS endpoint may last before requests get 503. Answers
    /// that only confirm the keys (304) do not extend it: once the keys were read half of this ago,
    /// they are read in full.
    pub fn max_stale(mut self, age: Duration) -> Self {
        self.timing.max_stale = age;
        self
    }

    /// Sets how long one fetch may take, all together: DNS, TCP, a proxy, TLS and the answer. Defaults to
    /// 3 seconds.
    ///
    /// It is the only limit of the default HTTP client, and [`JwksError::Timeout`](crate::JwksError::Timeout)
    /// names it.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.timing.request_timeout = timeout;
        self
    }

    /// Sets how long a request waits for keys before it gets 503. Defaults to 3 seconds.
    ///
    /// Fetches start 2.5 seconds apart, so with less than that a token with a new key may get 503
    /// rather than wait for the next fetch.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.timing.max_wait = wait;
        self
    }

    /// Sets the HTTP client that fetches the JWKS: for your own proxy, root certificates or timeouts.
    ///
    /// Defaults to a client without redirects, whose only timeout is
    /// [`request_timeout`](Self::request_timeout). An answer that came by a redirect is refused.
    #[cfg(feature = "reqwest")]
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.fetcher(crate::fetch::HttpFetcher::new(client))
    }

    /// Sets a source of the JWKS other than HTTP.
    ///
    /// Example: [`FetchJwks`].
    pub fn fetcher(mut self, fetcher: impl FetchJwks) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }

    /// Starts with these keys for the pool's first issuer, as if they had been fetched when the cache
    /// was built.
    ///
    /// They answer at once, and the first request starts a refresh in the background. They work for
    /// [`max_stale`](Self::max_stale) if no fetch succeeds, like any others; to keep them for good,
    /// add [`without_refresh`](Self::without_refresh).
    ///
    /// To run without a network: [deploying](crate::guide::deploying#containers).
    pub fn preload(mut self, jwks_json: &str) -> Self {
        self.preload = Some(jwks_json.to_owned());
        self
    }

    /// Keeps the [preloaded](Self::preload) keys for good: nothing is ever fetched.
    ///
    /// They never expire, so neither [`refresh_after`](Self::refresh_after) nor
    /// [`max_stale`](Self::max_stale) applies, and a [`fetcher`](Self::fetcher) or HTTP client is not
    /// asked. A token with a key that is not among them is refused, and after a rotation at Cognito
    /// every new token is: then the program needs new keys, that is, a new cache.
    ///
    /// ```
    /// use axum_cognito::{ConfigError, JwksCache, UserPool};
    ///
    /// # fn example(jwks: &str) -> Result<JwksCache, ConfigError> {
    /// let pool = UserPool::new("eu-west-1_AbCdEfGhI")?;
    /// JwksCache::builder(pool).preload(jwks).without_refresh().build()
    /// # }
    /// ```
    pub fn without_refresh(mut self) -> Self {
        self.without_refresh = true;
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

    /// Builds the cache. It fetches nothing yet: the first token does, or
    /// [`CognitoVerifier::prefetch`](crate::CognitoVerifier::prefetch).
    ///
    /// # Errors
    ///
    /// [`ConfigError::Duration`] for a duration of zero or a `max_stale` below `refresh_after`,
    /// [`ConfigError::Preload`] for a JWKS without a usable key, [`ConfigError::NoKeySource`] if there
    /// is nowhere to read keys from, [`ConfigError::NoPreload`] for `without_refresh` without keys,
    /// [`ConfigError::NoTls`] for an https address in a build without TLS,
    /// [`ConfigError::HttpClient`] if the default client cannot be built.
    pub fn build(self) -> Result<JwksCache, ConfigError> {
        self.timing.validate()?;
        let preloaded = self.preloaded()?;
        let fetcher = self.source(preloaded.is_some())?;
        let keys_at = |url: &str, optional, key_set| {
            let (fetcher, clock) = (fetcher.clone(), self.clock.clone());
            Arc::new(IssuerKeys::new(
                url.to_owned(),
                self.timing,
                clock,
                fetcher,
                optional,
                key_set,
            ))
        };
        let first = keys_at(self.pool.jwks_url(), false, preloaded);
        let mut stores = vec![Arc::clone(&first)];
        let mut issuers = Vec::new();
        for (issuer, url) in self.pool.key_locations() {
            let known = stores.iter().find(|keys| keys.url() == url).map(Arc::clone);
            let keys = known.unwrap_or_else(|| {
                let keys = keys_at(url, true, None);
                stores.push(Arc::clone(&keys));
                keys
            });
            issuers.push((issuer.to_owned(), keys));
        }
        Ok(JwksCache { inner: Arc::new(Inner { pool: self.pool, first, issuers, stores }) })
    }

    fn preloaded(&self) -> Result<Option<KeySet>, ConfigError> {
        let Some(json) = &self.preload else { return Ok(None) };
        let keys =
            usable_keys(json.as_bytes()).map_err(|reason| ConfigError::Preload { reason })?;
        let refresh_after = match self.preload_age {
            _ if self.without_refresh => Duration::MAX,
            PreloadAge::Due => Duration::ZERO,
            #[cfg(feature = "testing")]
            PreloadAge::Fresh => self.timing.refresh_after(None),
        };
        let usable_for = if self.without_refresh { Duration::MAX } else { self.timing.max_stale };
        Ok(Some(KeySet::new(keys, None, self.clock.now(), refresh_after, usable_for)))
    }

    /// Where keys are fetched; `None` if nothing ever is.
    fn source(&self, preloaded: bool) -> Result<Option<Arc<dyn DynFetchJwks>>, ConfigError> {
        let pool = || self.pool.id().to_owned();
        if self.without_refresh {
            return if preloaded { Ok(None) } else { Err(ConfigError::NoPreload { pool: pool() }) };
        }
        if self.fetcher.is_some() {
            return Ok(self.fetcher.clone());
        }
        #[cfg(feature = "reqwest")]
        {
            let mut urls = self.pool.key_locations().map(|(_, url)| url);
            if let Some(url) = urls.find(|url| !can_fetch(url, HAS_TLS)) {
                return Err(ConfigError::NoTls { url: url.to_owned() });
            }
            Ok(Some(Arc::new(crate::fetch::HttpFetcher::shared(self.pool.jwks_url())?)))
        }
        #[cfg(not(feature = "reqwest"))]
        Err(ConfigError::NoKeySource { pool: pool() })
    }
}

/// Whether the default HTTP client speaks https.
#[cfg(feature = "reqwest")]
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Whether the default HTTP client can read this address.
#[cfg(feature = "reqwest")]
fn can_fetch(url: &str, has_tls: bool) -> bool {
    has_tls || url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
}

impl fmt::Debug for JwksCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCacheBuilder")
            .field("pool", &self.pool)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "reqwest"))]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_plain_http_can_be_fetched() {
        assert!(can_fetch("https://cognito-idp.eu-west-1.amazonaws.com/", true));
        assert!(!can_fetch("https://cognito-idp.eu-west-1.amazonaws.com/", false));
        assert!(!can_fetch("HTTPS://cognito-idp.eu-west-1.amazonaws.com/", false));
        assert!(can_fetch("http://127.0.0.1:9229/", false));
    }

    /// Runs in builds without TLS alone: `cargo test --lib --no-default-features --features reqwest`.
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    #[test]
    fn an_https_pool_in_a_build_without_tls_is_an_error() {
        let pool = UserPool::new("eu-west-1_AbCdEfGhI").expect("an id");
        let url = pool.jwks_url().to_owned();
        assert_eq!(JwksCache::new(pool).err(), Some(ConfigError::NoTls { url }));
    }
}
