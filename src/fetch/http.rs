use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::{FetchJwks, JwksRequest, JwksResponse, MAX_BODY_BYTES};
use crate::pool::url::is_loopback;
use crate::{ConfigError, JwksError};

/// Reads a JWKS over HTTP: one GET, no redirects, 200 or 304, at most 64 KiB.
#[derive(Debug)]
pub(crate) struct HttpFetcher {
    client: Client,
}

impl HttpFetcher {
    /// With a client of the application's own.
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// With the default client, which all caches of a process share.
    pub(crate) fn shared(url: &str) -> Result<Self, ConfigError> {
        shared_client(url).map(Self::new)
    }
}

impl FetchJwks for HttpFetcher {
    async fn fetch(&self, request: JwksRequest) -> Result<JwksResponse, JwksError> {
        let url = Url::parse(request.url()).map_err(|error| JwksError::Fetch(error.to_string()))?;
        let mut call = self.client.get(url.clone());
        if let Some(etag) = request.etag() {
            call = call.header(IF_NONE_MATCH, etag);
        }
        let response = call.send().await.map_err(transport_error)?;
        // A client of the application's own may follow redirects; keys come from one place only.
        if *response.url() != url {
            return Err(JwksError::Status(StatusCode::FOUND.as_u16()));
        }
        let (etag, max_age) = (etag(response.headers()), max_age(response.headers()));
        let answer = match response.status() {
            StatusCode::OK => JwksResponse::new(read_body(response).await?),
            StatusCode::NOT_MODIFIED => JwksResponse::not_modified(),
            status => return Err(JwksError::Status(status.as_u16())),
        };
        Ok(JwksResponse { etag, max_age, ..answer })
    }
}

/// The default client for this URL: all of a process share one for their own machine, and one for
/// other hosts.
pub(crate) fn shared_client(url: &str) -> Result<Client, ConfigError> {
    static DIRECT: OnceLock<Client> = OnceLock::new();
    static PROXIED: OnceLock<Client> = OnceLock::new();
    let host = Url::parse(url).ok();
    let local = host.as_ref().and_then(Url::host_str).is_some_and(is_loopback);
    let slot = if local { &DIRECT } else { &PROXIED };
    if let Some(client) = slot.get() {
        return Ok(client.clone());
    }
    let client = default_client(local)?;
    Ok(slot.get_or_init(|| client).clone())
}

fn default_client(local: bool) -> Result<Client, ConfigError> {
    let builder = Client::builder()
        // Without a connect timeout: `request_timeout` bounds the whole attempt, and a slow proxy or a
        // slow TLS handshake may take all of it.
        .redirect(Policy::none())
        // A connection is wanted every few minutes; one kept for later belongs to the runtime
        // that opened it, and fails in another one.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("axum-cognito/", env!("CARGO_PKG_VERSION")));
    let builder = if local { builder.no_proxy() } else { builder };
    let client = builder.build();
    client.map_err(|error| ConfigError::HttpClient { reason: reason(error) })
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, JwksError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
            return Err(JwksError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn etag(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(ETAG)?.to_str().ok()?.to_owned())
}

/// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).into_iter();
    let directives =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    directives
        .filter_map(|directive| directive.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

/// The error with its causes, without the URL: the log line names that already.
fn transport_error(error: reqwest::Error) -> JwksError {
    let connection = error.is_connect() || (error.is_request() && !error.is_timeout());
    let reason = reason(error);
    if connection { JwksError::Connect(reason) } else { JwksError::Fetch(reason) }
}

/// What went wrong, with its causes, in one line: without the URL, which the caller names.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    fn max_age_of(value: &'static str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, reqwest::header::HeaderValue::from_static(value));
        max_age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn max_age_is_found_among_other_directives() {
        assert_eq!(max_age_of("public, max-age=90, must-revalidate"), Some(90));
        assert_eq!(max_age_of("Max-Age = \"90\""), Some(90));
        assert_eq!(max_age_of("s-maxage=90"), None);
        assert_eq!(max_age_of("max-age=-1"), None);
        assert_eq!(max_age_of("no-store"), None);
    }
}
