use std::time::Duration;

/// What a [`FetchJwks`](crate::FetchJwks) is asked for.
///
/// Example: [`FetchJwks`](crate::FetchJwks).
#[derive(Clone, Debug)]
pub struct JwksRequest {
    url: String,
    etag: Option<String>,
}

impl JwksRequest {
    pub(crate) fn new(url: String, etag: Option<String>) -> Self {
        Self { url, etag }
    }

    /// Where the JWKS is read, from the configuration: nothing of a token is ever in it.
    ///
    /// For a load balancer it is where one key is read. That is the configured address with the
    /// key's id behind it, which is a UUID and nothing else.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `ETag` of the last answer, for `If-None-Match`.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

/// What a [`FetchJwks`](crate::FetchJwks) brought.
///
/// Example: [`FetchJwks`](crate::FetchJwks).
#[derive(Clone, Debug)]
#[must_use]
pub struct JwksResponse {
    /// `None`: as it was.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) etag: Option<String>,
    pub(crate) max_age: Option<Duration>,
}

impl JwksResponse {
    /// A JWKS: a JSON object with an array `keys` (RFC 7517 §5).
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), etag: None, max_age: None }
    }

    /// The key set has not changed since the response with the request's `ETag` (304).
    pub fn not_modified() -> Self {
        Self { body: None, etag: None, max_age: None }
    }

    /// The `ETag` of this answer.
    pub fn with_etag(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }

    /// How long the answer says that it is good for: it may shorten
    /// [`refresh_after`](crate::JwksCacheBuilder::refresh_after), not below a minute.
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}
