use std::time::Duration;

/// Why a fetch of a JWKS brought no keys.
///
/// The cached keys stay in use after any of these, until they are older than
/// [`max_stale`](crate::JwksCacheBuilder::max_stale).
///
/// Example: [an outage](crate::guide::key_rotation#an-outage).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// No connection to the server: DNS, TCP or TLS. Retried once, immediately.
    #[error("no connection to the JWKS endpoint: {0}")]
    Connect(String),
    /// The whole attempt took longer than [`request_timeout`](crate::JwksCacheBuilder::request_timeout).
    #[error("the JWKS endpoint did not answer within the `request_timeout` of {0:?}")]
    Timeout(Duration),
    /// Any other fault of transport, or of a [`FetchJwks`](crate::FetchJwks) of your own.
    #[error("the fetch of the JWKS failed: {0}")]
    Fetch(String),
    /// The answer is neither 200 nor 304. A redirect is never followed.
    #[error("the JWKS endpoint answered with status {0} instead of 200")]
    Status(u16),
    /// The body is longer than 64 KiB.
    #[error("the JWKS is longer than 64 KiB")]
    TooLong,
    /// The set has more than 64 keys.
    #[error("the JWKS holds more than 64 keys")]
    TooManyKeys,
    /// The body is not a JSON object with an array `keys` (RFC 7517 §5), in UTF-8.
    ///
    /// A byte order mark at its beginning is passed over (RFC 8259 §8.1).
    #[error(
        "the JWKS is not a JSON object with an array of keys: it cannot be read at line {line}, \
         column {column}"
    )]
    Malformed {
        /// The line where it cannot be read, counted from 1.
        line: usize,
        /// The byte of that line, counted from 1.
        column: usize,
    },
    /// Not one key is an RSA key for RS256 signatures with a `kid`.
    #[error("the JWKS holds no usable RSA signature key")]
    NoUsableKey,
    /// The fetch was dropped before it finished, again and again: its runtime stopped. Or the fetcher
    /// panicked.
    #[error("the fetch of the JWKS was interrupted")]
    Interrupted,
    /// There is no tokio runtime to fetch on.
    #[error("no tokio runtime to fetch the JWKS on")]
    NoRuntime,
    /// The cache keeps its preloaded keys for good:
    /// [`without_refresh`](crate::JwksCacheBuilder::without_refresh).
    #[error("the cache keeps its preloaded keys for good (`without_refresh`)")]
    NoSource,
}
