//! Fetching a JWKS: the trait, and the HTTP client behind it.

mod message;

#[cfg(feature = "reqwest")]
mod http;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "reqwest")]
pub(crate) use self::http::HttpFetcher;
#[cfg(feature = "app-client")]
pub(crate) use self::http::shared_client;
pub use self::message::{JwksRequest, JwksResponse};
use crate::JwksError;

/// The longest body of a JWKS that is read.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// A source of JWKS: the default reads them over HTTP with `reqwest`.
///
/// Write your own to read keys through another HTTP client, from a file or from a secret store.
/// The cache decides when to call it, stops it after
/// [`request_timeout`](crate::JwksCacheBuilder::request_timeout), calls it once more after
/// [`JwksError::Connect`], and checks what it brings. At most one call for an address is under way, not
/// counting calls that were abandoned because their runtime stopped.
/// A pool with two issuers has two addresses, so there may be two calls at a time. A fetcher that
/// several caches share goes behind an [`Arc`].
///
/// ```
/// use axum_cognito::{FetchJwks, JwksError, JwksRequest, JwksResponse};
///
/// struct FromFile(std::path::PathBuf);
///
/// impl FetchJwks for FromFile {
///     async fn fetch(&self, _request: JwksRequest) -> Result<JwksResponse, JwksError> {
///         let body = tokio::fs::read(&self.0).await;
///         Ok(JwksResponse::new(body.map_err(|error| JwksError::Fetch(error.to_string()))?))
///     }
/// }
/// ```
pub trait FetchJwks: Send + Sync + 'static {
    /// Reads the JWKS of one issuer.
    ///
    /// # Errors
    ///
    /// [`JwksError::Connect`] if no connection could be made, another one as it fits. A body of
    /// more than 64 KiB is refused by the cache; better not to read that far.
    fn fetch(
        &self,
        request: JwksRequest,
    ) -> impl Future<Output = Result<JwksResponse, JwksError>> + Send;
}

impl<T: FetchJwks> FetchJwks for Arc<T> {
    fn fetch(
        &self,
        request: JwksRequest,
    ) -> impl Future<Output = Result<JwksResponse, JwksError>> + Send {
        T::fetch(self, request)
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`FetchJwks`] behind a pointer.
pub(crate) trait DynFetchJwks: Send + Sync + 'static {
    fn fetch_boxed(&self, request: JwksRequest) -> BoxFuture<'_, Result<JwksResponse, JwksError>>;
}

impl<T: FetchJwks> DynFetchJwks for T {
    fn fetch_boxed(&self, request: JwksRequest) -> BoxFuture<'_, Result<JwksResponse, JwksError>> {
        Box::pin(self.fetch(request))
    }
}
