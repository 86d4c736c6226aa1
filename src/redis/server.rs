use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::ConfigError;
use crate::crypto::TlsRoots;

const ROLE: &str = "the URL of a Redis or Valkey server";
const TIMEOUT: Duration = Duration::from_secs(2);

/// Where a server or a cluster is, and how to log in: what its URLs say.
#[derive(Clone)]
pub(crate) struct Server {
    nodes: Vec<Node>,
    pub(super) login: RedisConnectionInfo,
    pub(super) tls: Option<TlsRoots>,
    pub(super) timeout: Duration,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    pub(super) host: Arc<str>,
    pub(super) port: u16,
}

impl Server {
    /// Reads `redis://` and `rediss://` URLs: several name nodes of one cluster, with one login.
    ///
    /// # Errors
    /// A URL that is none of a server, none at all, or two that do not go together. The message holds no password.
    pub(crate) fn new<S: AsRef<str>>(
        urls: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        let mut server: Option<Self> = None;
        for url in urls {
            let other = Self::parse(url.as_ref())?;
            let Some(server) = &mut server else {
                server = Some(other);
                continue;
            };
            if !server.goes_with(&other) {
                let problem = "all URLs of a cluster should have one scheme, user name, password and database";
                return Err(wrong(url.as_ref(), problem));
            }
            server.nodes.extend(other.nodes);
        }
        server.ok_or_else(|| wrong("", "there should be at least one"))
    }

    /// Believes certificates of these authorities alone.
    pub(crate) fn with_tls_ca(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        let Some(tls) = &mut self.tls else {
            return Err(
                self.wrong("its scheme should be `rediss` for a TLS certificate to be verified")
            );
        };
        let Some(roots) = TlsRoots::from_pem(pem) else {
            return Err(self.wrong(
                "the TLS certificates should be PEM, one or more of certificate authorities",
            ));
        };
        *tls = roots;
        Ok(self)
    }

    /// How long connecting may take, and how long an answer may.
    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The nodes that the URLs name, at least one.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn parse(url: &str) -> Result<Self, ConfigError> {
        let mut parsed = redis::parse_redis_url(url)
            .ok_or_else(|| wrong(url, "it should be like `rediss://user:password@host:6379`"))?;
        let tls = match parsed.scheme() {
            "redis" | "valkey" => None,
            "rediss" | "valkeys" => Some(TlsRoots::default()),
            _ => return Err(wrong(url, "its scheme should be `rediss`, or `redis` without TLS")),
        };
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong(url, "it should have no query and no fragment"));
        }
        if parsed.password().is_none() && !parsed.username().is_empty() {
            return Err(wrong(url, "a user name should have a password behind it, after a colon"));
        }
        // The client library has no TLS of its own here, and takes the rest of the URL alike.
        let plain = parsed.set_scheme("redis").is_ok();
        let info = parsed.into_connection_info().ok().filter(|_| plain);
        let info = info.ok_or_else(|| {
            wrong(url, "it should name a host, perhaps a port, and behind `/` no more than a database's number")
        })?;
        let ConnectionAddr::Tcp(host, port) = info.addr().clone() else {
            return Err(wrong(url, "it should name a host"));
        };
        let name = concat!(env!("CARGO_PKG_NAME"));
        let login = info.redis_settings().clone().set_lib_name(name, env!("CARGO_PKG_VERSION"));
        let node = Node { host: host.into(), port };
        if tls.is_some() && node.server_name().is_none() {
            return Err(wrong(url, "its host should be one that a TLS certificate can name"));
        }
        Ok(Self { nodes: vec![node], login, tls, timeout: TIMEOUT })
    }

    fn goes_with(&self, other: &Self) -> bool {
        self.tls.is_some() == other.tls.is_some()
            && self.login.username() == other.login.username()
            && self.login.password() == other.login.password()
            && self.login.db() == other.login.db()
    }

    fn wrong(&self, problem: &'static str) -> ConfigError {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        let node = self.nodes.first().map(ToString::to_string).unwrap_or_default();
        ConfigError::Url { url: format!("{scheme}://{node}"), role: ROLE, problem }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, login: _, tls, timeout } = self;
        f.debug_struct("Server")
            .field("nodes", nodes)
            .field("tls", &tls.is_some())
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

impl Node {
    /// Of a redirection: `host:port`, or `:port` of the host that redirects.
    pub(super) fn parse(address: &str, from: &Self) -> Option<Self> {
        let (host, port) = address.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let host = if host.is_empty() { from.host.clone() } else { host.into() };
        Some(Self { host, port })
    }

    /// What its TLS certificate should name.
    pub(super) fn server_name(
        &self,
    ) -> Option<tokio_rustls::rustls::pki_types::ServerName<'static>> {
        self.host.to_string().try_into().ok()
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The error for this URL, of which only the scheme, the host and what stands behind it are shown.
fn wrong(url: &str, problem: &'static str) -> ConfigError {
    ConfigError::Url { url: without_password(url), role: ROLE, problem }
}

/// The URL without all that might be a password, even where the URL cannot be read: what stands before the last `@`, in
/// a query or a fragment, or behind a colon that no port follows.
fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (hidden, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let place = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, behind) = place.split_once(':').unwrap_or((place, "0"));
    let port = behind.split('/').next().unwrap_or_default();
    let is_plain = !host.is_empty() && port.parse::<u16>().is_ok();
    let is_short = place.len() <= 300;
    let place = if is_plain && is_short { place } else { "…" };
    format!("{scheme}{hidden}{place}")
}
