use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::AppClient;
use super::connection::Connection;
use super::http::Endpoint;
use super::pace::Pace;
use super::renewals::Renewals;
use super::renewer::Renewer;
use super::secrets::{Secret, Secrets};
use crate::clock::Clock;
use crate::pool::url;
use crate::{ClientIds, CognitoVerifier, ConfigError, JwksCache, TrustedPool};

const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_RENEWALS_PER_SECOND: u32 = 20;
const MAX_RENEWALS_PER_SECOND: u32 = 1000;

/// Settings of an [`AppClient`]: from [`AppClient::builder`].
#[must_use]
pub struct AppClientBuilder {
    pool: TrustedPool,
    client_id: String,
    secrets: Vec<Secret>,
    domain: Option<String>,
    endpoint: Option<String>,
    keys: Option<JwksCache>,
    http_client: Option<reqwest::Client>,
    request_timeout: Duration,
    renewals_per_second: u32,
    allow_http: bool,
    clock: Option<Clock>,
}

impl AppClientBuilder {
    pub(super) fn new(pool: TrustedPool, client_id: String) -> Self {
        Self {
            pool,
            client_id,
            secrets: Vec::new(),
            domain: None,
            endpoint: None,
            keys: None,
            http_client: None,
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            renewals_per_second: DEFAULT_RENEWALS_PER_SECOND,
            allow_http: false,
            clock: None,
        }
    }

    /// Sets the secret of a confidential app client. Defaults to none, as for a public one.
    pub fn secret(self, secret: impl Into<String>) -> Self {
        self.secrets([secret])
    }

    /// Sets the two secrets that an app client has while its secret is changed, the new one first.
    ///
    /// The one that Cognito accepted last is tried first, the other one when Cognito refuses it.
    pub fn secrets<I: IntoIterator<Item: Into<String>>>(mut self, secrets: I) -> Self {
        self.secrets = secrets.into_iter().map(|secret| Secret::new(secret.into())).collect();
        self
    }

    /// Sets the user pool's domain, Cognito's or one of your own, like `https://auth.example.com`.
    /// Defaults to none: then renewals and revocations go to the pool's API.
    ///
    /// Set it where there is one. Its endpoints tell a wrong secret from a sign-in that is over by
    /// the type of the error alone, and a sign-in by authorization code needs it.
    pub fn domain(mut self, url: impl Into<String>) -> Self {
        self.domain = Some(url.into());
        self
    }

    /// Sets the address of the pool's API, for an emulator. Defaults to the pool's
    /// [`with_endpoint`](crate::UserPool::with_endpoint), else to AWS.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Verifies what comes back with these keys, which others share. Defaults to those of the pool
    /// that [`AppClient::builder`] was given.
    pub fn keys(mut self, keys: &JwksCache) -> Self {
        self.keys = Some(keys.clone());
        self
    }

    /// Sends requests with this client: for a proxy, roots or timeouts of your own.
    ///
    /// It must not follow redirects, which could carry a token to another host. Defaults to a client
    /// that follows none.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Sets how long one request may take, its second attempt too. Defaults to 10 seconds.
    ///
    /// A caller that waits for less can drop the call: the request goes on, and the next call with
    /// the same refresh token gets its result.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets how many renewals are sent in a second at most, by this client and its clones. Defaults
    /// to 20; 1 to 1000.
    ///
    /// A renewal waits for its turn, up to 5 seconds. An AWS account has 120 requests a second and
    /// Region, for all its processes and user pools: see [Quotas][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
    pub fn max_renewals_per_second(mut self, limit: u32) -> Self {
        self.renewals_per_second = limit;
        self
    }

    /// Accepts http URLs of any host.
    ///
    /// Tokens and secrets can be read on their way then: only for an emulator in a network of your
    /// own.
    pub fn danger_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Takes the time from a clock that a test can move. Defaults to the clock of the keys.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::TestClock) -> Self {
        self.clock = Some(Clock::Test(clock));
        self
    }

    /// Returns the app client, which has sent nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the setting that cannot be right: the client id, a secret, a URL, keys
    /// of another pool, a timeout of zero, a limit that is not 1 to 1000, or what
    /// [`JwksCache::new`] finds.
    pub fn build(self) -> Result<AppClient, ConfigError> {
        let user_pool = self.pool.user_pool().clone();
        ClientIds::from(self.client_id.as_str()).validate(user_pool.id())?;
        if self.request_timeout.is_zero() {
            return Err(ConfigError::Duration {
                name: "request_timeout",
                value: self.request_timeout,
                expected: "longer than zero",
            });
        }
        let value = self.renewals_per_second;
        let per_second =
            usize::try_from(value).ok().filter(|_| (1..=MAX_RENEWALS_PER_SECOND).contains(&value));
        let per_second = per_second.ok_or(ConfigError::RenewalRate { value })?;
        let endpoint = |url: &str, role| {
            check(url, role, self.allow_http)?;
            Endpoint::new(url.trim_end_matches('/').to_owned(), self.http_client.clone())
        };
        let domain =
            self.domain.as_deref().map(|url| endpoint(url, "a user pool's domain")).transpose()?;
        let api = self.endpoint.unwrap_or_else(|| user_pool.api_url());
        let api = endpoint(&api, "the address of a user pool's API")?;
        let keys = match self.keys {
            Some(keys) if keys.user_pool().id() != user_pool.id() => {
                let keys = keys.user_pool().id().to_owned();
                return Err(ConfigError::KeysOfAnotherPool {
                    pool: user_pool.id().to_owned(),
                    keys,
                });
            }
            Some(keys) => keys,
            None => self.pool.into_keys()?,
        };
        let clock = self.clock.unwrap_or_else(|| keys.clock().clone());
        let verifier = CognitoVerifier::builder()
            .trust(keys, self.client_id.as_str())
            .for_app_client(clock.clone())
            .build()?;
        // Each secret may be tried.
        let secrets = u32::try_from(self.secrets.len()).unwrap_or(u32::MAX).max(1);
        let longest = self.request_timeout.saturating_mul(secrets);
        let connection = Connection {
            client_id: self.client_id,
            secrets: Secrets::new(self.secrets)?,
            domain,
            api,
            request_timeout: self.request_timeout,
        };
        Ok(AppClient {
            renewer: Arc::new(Renewer {
                connection,
                verifier,
                pace: Pace::new(per_second),
                renewals: Renewals::new(longest),
                clock,
            }),
        })
    }
}

impl fmt::Debug for AppClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppClientBuilder")
            .field("pool", &self.pool.id())
            .field("client_id", &self.client_id)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// Whether tokens may be sent to this URL: https, or http to a loopback host.
fn check(url: &str, role: &'static str, allow_http: bool) -> Result<(), ConfigError> {
    let uri = url::parse(url, role)?;
    let is_safe = uri.scheme_str() == Some("https") || uri.host().is_some_and(url::is_loopback);
    if is_safe || allow_http {
        return Ok(());
    }
    Err(ConfigError::InsecureEndpoint { url: url.to_owned() })
}
