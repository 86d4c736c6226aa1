use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;

use crate::ConfigError;

const JWKS_PATH: &str = "/.well-known/jwks.json";
const MAX_ID_LENGTH: usize = 55;

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
    allow_http: bool,
}

impl UserPool {
    /// The pool with this id, with both issuers that Cognito has for it.
    ///
    /// The issuers are `https://cognito-idp.<region>.amazonaws.com/<id>` and, for pools that opted
    /// in, the same with `issuer-cognito-idp`. Besides the ids of AWS, `local_…` is taken: those
    /// of the emulator cognito-local.
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
        let suffix = dns_suffix(region);
        let issuer = |service| format!("https://{service}.{region}.{suffix}/{id}");
        let issuers = ["cognito-idp", "issuer-cognito-idp"].map(issuer).to_vec();
        Ok(Self {
            id: id.to_owned(),
            jwks_urls: issuers.iter().map(|issuer| derived_jwks_url(issuer)).collect(),
            issuers,
            fixed_jwks_url: false,
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
        self.check_url(issuer, "an issuer")?;
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
        self.check_url(url, "the address of a JWKS")?;
        self.jwks_urls.fill(url.to_owned());
        self.fixed_jwks_url = true;
        Ok(self)
    }

    /// Lets the calls after this one take http URLs of any host.
    ///
    /// Whoever can change the answer on its way then chooses the keys, and so who is let in: only
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

    /// Each issuer, with the place where its keys are read.
    pub(crate) fn key_locations(&self) -> impl Iterator<Item = (&str, &str)> {
        let issuers = self.issuers.iter().map(String::as_str);
        issuers.zip(self.jwks_urls.iter().map(String::as_str))
    }

    fn check_url(&self, url: &str, role: &'static str) -> Result<(), ConfigError> {
        let uri = parse_url(url, role)?;
        let is_safe = uri.scheme_str() == Some("https") || uri.host().is_some_and(is_loopback);
        if !is_safe && !self.allow_http {
            return Err(ConfigError::InsecureUrl { url: url.to_owned() });
        }
        Ok(())
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

/// An absolute http or https URL without query, fragment and password.
pub(crate) fn parse_url(url: &str, role: &'static str) -> Result<Uri, ConfigError> {
    let wrong = |problem| ConfigError::Url { url: url.to_owned(), role, problem };
    let uri =
        Uri::from_str(url).map_err(|_| wrong("it should be a URL, like `https://host/path`"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("it should begin with `https://` and a host"));
    };
    if !is_address(authority) {
        return Err(wrong("its host or port cannot exist"));
    }
    if url.contains(['?', '#']) || authority.as_str().contains('@') {
        return Err(wrong("it should have no query, fragment or password"));
    }
    if !matches!(scheme, "https" | "http") {
        return Err(wrong("its scheme should be https"));
    }
    Ok(uri)
}

/// Whether there may be something at this host and port.
fn is_address(authority: &Authority) -> bool {
    let host = authority.host();
    let port = authority.as_str().rsplit_once(host).map_or("", |(_, port)| port);
    let is_port = port.is_empty() || authority.port_u16().is_some();
    let last_label = host.rsplit('.').next().unwrap_or_default();
    let is_host = if let Some(address) = host.strip_prefix('[') {
        address.trim_end_matches(']').parse::<Ipv6Addr>().is_ok()
    } else if last_label.bytes().all(|byte| byte.is_ascii_digit()) {
        host.parse::<Ipv4Addr>().is_ok()
    } else {
        true
    };
    is_port && is_host
}

/// Whether this host of a URL is the machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let parsed = address.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || parsed.is_ok_and(|address| address.is_loopback())
}

fn derived_jwks_url(issuer: &str) -> String {
    format!("{}{JWKS_PATH}", issuer.trim_end_matches('/'))
}

/// The region of a pool id: its shape is checked, the list of regions is AWS's.
fn region_of(id: &str) -> Option<&str> {
    let (region, rest) = id.split_once('_')?;
    let alphanumeric = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (alphanumeric && id.len() <= MAX_ID_LENGTH && is_region(region)).then_some(region)
}

/// Words of lower-case letters and a number, like `us-gov-west-1`; or `local`, of cognito-local.
fn is_region(region: &str) -> bool {
    let Some((words, number)) = region.rsplit_once('-') else {
        return region == "local";
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && words.contains('-') && words.split('-').all(is_word)
}

/// The DNS suffix of the region's partition, from AWS's table of partitions.
fn dns_suffix(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_of_every_partition_have_the_shape() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "eusc-de-east-1",
            "ap-southeast-7",
            "mx-central-1",
            "local",
        ] {
            assert!(is_region(region), "{region}");
        }
        for region in [
            "",
            "us",
            "us-east",
            "us-east-",
            "-east-1",
            "us--1",
            "US-east-1",
            "us-east-1a",
            "us-1",
            "locale",
        ] {
            assert!(!is_region(region), "{region}");
        }
    }

    #[test]
    fn loopback_hosts_are_told_from_names_that_begin_like_one() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["localhost.example.com", "127.0.0.1.example.com", "128.0.0.1", "[::2]", "0.0.0.0", ""]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
