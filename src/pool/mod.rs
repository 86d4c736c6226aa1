//! A user pool and its app clients: which tokens are meant, and where their keys are read.

mod client_ids;
pub(crate) mod environment;
pub(crate) mod region;
pub(crate) mod url;

use std::fmt;
use std::str::FromStr;

pub use self::client_ids::ClientIds;
use crate::ConfigError;

const JWKS_PATH: &str = "/.well-known/jwks.json";
const MAX_ID_LENGTH: usize = 55;
/// What stands in the place of a region in the ids of cognito-local.
const EMULATED_REGION: &str = "local";

/// A user pool: its id, its issuers and where its keys are read.
///
/// ```
/// use axum_cognito::UserPool;
///
/// let pool = UserPool::new("eu-west-1_AbCdEfGhI")?;
/// assert_eq!(pool.region(), "eu-west-1");
/// assert_eq!(
///     pool.jwks_url(),
///     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/jwks.json",
/// );
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPool {
    id: String,
    issuers: Vec<String>,
    /// Where each issuer's keys are read, in the order of `issuers`.
    jwks_urls: Vec<String>,
    fixed_jwks_url: bool,
    /// An emulator's address.
    endpoint: Option<String>,
    allow_http: bool,
}

impl UserPool {
    /// The pool with this id, with both issuers that Cognito has for it.
    ///
    /// The issuers are `https://cognito-idp.<region>.amazonaws.com/<id>` and, for pools that opted
    /// in, the same with `issuer-cognito-idp`; in China under `amazonaws.com.cn`, in the EU
    /// sovereign cloud under `amazonaws.eu`. Besides the ids of AWS, `local_…` is taken: those of
    /// the emulator cognito-local.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UserPoolId`] if this is not the id of a pool.
    ///
    /// Source: [VerifyingJWTs][aws], and the pattern of `UserPoolId` in the Cognito API.
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    pub fn new(id: &str) -> Result<Self, ConfigError> {
        let region = region_of(id).ok_or_else(|| ConfigError::UserPoolId { id: id.to_owned() })?;
        let issuers = issuers_in(region, id).to_vec();
        Ok(Self {
            id: id.to_owned(),
            jwks_urls: issuers.iter().map(|issuer| derived_jwks_url(issuer)).collect(),
            issuers,
            fixed_jwks_url: false,
            endpoint: None,
            allow_http: false,
        })
    }

    /// Replaces the pool's issuers by this one, as in a token's `iss`, to the letter.
    ///
    /// Its keys are read at `<issuer>/.well-known/jwks.json` unless
    /// [`with_jwks_url`](Self::with_jwks_url) says otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] if this is not an absolute http or https URL without query and
    /// fragment, [`ConfigError::InsecureUrl`] if it is http to a host that is not loopback.
    pub fn with_issuer(mut self, issuer: &str) -> Result<Self, ConfigError> {
        url::check(issuer, "an issuer", self.allow_http)?;
        self.issuers = vec![issuer.to_owned()];
        self.jwks_urls.truncate(1);
        if !self.fixed_jwks_url {
            self.jwks_urls = vec![derived_jwks_url(issuer)];
        }
        Ok(self)
    }

    /// Says where the keys of the pool are read, whatever its issuers.
    ///
    /// # Errors
    ///
    /// As [`with_issuer`](Self::with_issuer).
    pub fn with_jwks_url(mut self, url: &str) -> Result<Self, ConfigError> {
        url::check(url, "the address of a JWKS", self.allow_http)?;
        self.jwks_urls.fill(url.to_owned());
        self.fixed_jwks_url = true;
        Ok(self)
    }

    /// Says where an emulator serves the pool: its keys at `<url>/<id>/.well-known/jwks.json`, and its
    /// API at the URL itself.
    ///
    /// The issuers are those of AWS, as with the emulators MiniStack and moto, and the emulator's own
    /// address `<url>/<id>`, as with LocalStack and its like. For a pool id `local_…`, of
    /// cognito-local, that is the only issuer.
    ///
    /// # Errors
    ///
    /// As [`with_issuer`](Self::with_issuer).
    pub fn with_endpoint(mut self, url: &str) -> Result<Self, ConfigError> {
        let endpoint = url.trim_end_matches('/').to_owned();
        let address = format!("{endpoint}/{}", self.id);
        self.endpoint = Some(endpoint);
        // Both check the address, and so the URL at its beginning.
        if self.region() == EMULATED_REGION {
            return self.with_issuer(&address);
        }
        if !self.issuers.contains(&address) {
            self.issuers.push(address.clone());
        }
        self.jwks_urls.resize(self.issuers.len(), String::new());
        self.with_jwks_url(&derived_jwks_url(&address))
    }

    /// Adds the issuers that the pool's replicas in these Regions sign with, for a multi-Region pool.
    ///
    /// A token carries the issuer of the Region that issued it, so a verifier that does not know the
    /// replica's rejects every token after a failover. Each replica's keys are read in its own Region,
    /// when the first token of that Region comes.
    ///
    /// ```
    /// use axum_cognito::UserPool;
    ///
    /// let pool = UserPool::new("us-east-1_AbCdEfGhI")?.replicated_in(["eu-west-1"])?;
    /// let replica = "https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_AbCdEfGhI";
    /// assert!(pool.issuers().iter().any(|issuer| issuer == replica));
    /// # Ok::<(), axum_cognito::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::Region`] if one of these is not a Region, is the pool's own, or is there twice.
    pub fn replicated_in<I: IntoIterator<Item: AsRef<str>>>(
        mut self,
        regions: I,
    ) -> Result<Self, ConfigError> {
        for region in regions {
            let region = region.as_ref();
            let replica = issuers_in(region, &self.id);
            let is_known = replica.iter().any(|issuer| self.issuers.contains(issuer));
            if !region::is_region(region) || region == self.region() || is_known {
                return Err(ConfigError::Region { region: region.to_owned() });
            }
            for issuer in replica {
                let fixed = self.fixed_jwks_url.then(|| self.jwks_url().to_owned());
                self.jwks_urls.push(fixed.unwrap_or_else(|| derived_jwks_url(&issuer)));
                self.issuers.push(issuer);
            }
        }
        Ok(self)
    }

    /// Lets the calls after this one take http URLs of any host.
    ///
    /// Anyone who can tamper with the response can choose the keys, and so who gets in: only
    /// for an emulator in a network of your own.
    #[must_use]
    pub fn danger_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// The id, like `eu-west-1_AbCdEfGhI`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The region, like `eu-west-1`: the id's part before the underscore.
    #[must_use]
    pub fn region(&self) -> &str {
        region_of(&self.id).unwrap_or_default()
    }

    /// Each value of `iss` that the pool's tokens may have; the first is the usual one.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// Where the keys of the first issuer are read.
    #[must_use]
    pub fn jwks_url(&self) -> &str {
        self.jwks_urls.first().map_or("", String::as_str)
    }

    /// Whether http to any host is accepted.
    #[cfg(feature = "app-client")]
    pub(crate) fn allows_http(&self) -> bool {
        self.allow_http
    }

    /// Where the pool's API is.
    #[cfg(feature = "app-client")]
    pub(crate) fn api_url(&self) -> String {
        let region = self.region();
        self.endpoint.clone().unwrap_or_else(|| {
            format!("https://cognito-idp.{region}.{}", region::dns_suffix(region))
        })
    }

    /// Each issuer, with the place where its keys are read.
    pub(crate) fn key_locations(&self) -> impl Iterator<Item = (&str, &str)> {
        let issuers = self.issuers.iter().map(String::as_str);
        issuers.zip(self.jwks_urls.iter().map(String::as_str))
    }
}

impl FromStr for UserPool {
    type Err = ConfigError;

    fn from_str(id: &str) -> Result<Self, ConfigError> {
        Self::new(id)
    }
}

impl fmt::Display for UserPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// Both issuers that Cognito has in this Region for a pool.
fn issuers_in(region: &str, id: &str) -> [String; 2] {
    let suffix = region::dns_suffix(region);
    let issuer = |service| format!("https://{service}.{region}.{suffix}/{id}");
    ["cognito-idp", "issuer-cognito-idp"].map(issuer)
}

fn derived_jwks_url(issuer: &str) -> String {
    format!("{}{JWKS_PATH}", issuer.trim_end_matches('/'))
}

/// The region of a pool id: its shape is checked, the list of regions is AWS's.
fn region_of(id: &str) -> Option<&str> {
    let (region, rest) = id.split_once('_')?;
    let alphanumeric = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_region = region::is_region(region) || region == EMULATED_REGION;
    (alphanumeric && id.len() <= MAX_ID_LENGTH && is_region).then_some(region)
}
