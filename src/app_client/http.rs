//! One POST to Cognito: no redirects, a bounded body, nothing of it in an error.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Request, RequestBuilder, Response, Url};

use crate::ConfigError;
use crate::fetch::shared_client;

/// The longest answer that is read: three tokens of 16 KiB and what is around them.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A place that requests are sent to.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    client: Client,
    base: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// There was no connection: the request was never sent.
    NotSent,
    /// The connection was lost before the whole answer was there: Cognito may have done its part.
    Lost,
    TimedOut,
    TooLong,
    Redirected,
}

impl Endpoint {
    /// The endpoint at this URL, by this client or the default one.
    pub(super) fn new(base: String, client: Option<Client>) -> Result<Self, ConfigError> {
        let client = client.map_or_else(|| shared_client(&base), Ok)?;
        Ok(Self { client, base })
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn post(&self, path: &str, content_type: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, content_type)
    }
}

/// When a request is sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// When it was not sent: what it holds works once.
    NotSent,
    /// Also when its answer was lost.
    Lost,
}

impl Answer {
    /// Sends the request, perhaps twice, and reads its answer: all within this time.
    pub(super) async fn to(
        request: RequestBuilder,
        retry: Retry,
        limit: Duration,
    ) -> Result<Self, NoAnswer> {
        let (client, request) = request.build_split();
        let request = request.map_err(no_answer)?;
        let attempts = async {
            let again = request.try_clone();
            match (Self::read(&client, request).await, again) {
                (Err(NoAnswer::NotSent), Some(again)) => Self::read(&client, again).await,
                (Err(NoAnswer::Lost), Some(again)) if retry == Retry::Lost => {
                    Self::read(&client, again).await
                }
                (answer, _) => answer,
            }
        };
        tokio::time::timeout(limit, attempts).await.unwrap_or(Err(NoAnswer::TimedOut))
    }

    async fn read(client: &Client, request: Request) -> Result<Self, NoAnswer> {
        let url = request.url().clone();
        let mut response = client.execute(request).await.map_err(no_answer)?;
        // A client of the application's own may follow redirects; answers come from one place only.
        if is_redirected(&response, &url) {
            return Err(NoAnswer::Redirected);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Self { status: response.status().as_u16(), headers, body })
    }

    /// The body, if it is text.
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

fn is_redirected(response: &Response, url: &Url) -> bool {
    response.url() != url || response.status().is_redirection()
}

/// The text of the error is dropped: it may hold the URL, and the kind says all that is needed.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn no_answer(error: reqwest::Error) -> NoAnswer {
    if error.is_connect() || error.is_builder() {
        NoAnswer::NotSent
    } else if error.is_timeout() {
        NoAnswer::TimedOut
    } else if error.is_redirect() {
        NoAnswer::Redirected
    } else {
        NoAnswer::Lost
    }
}
