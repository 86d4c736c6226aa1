//! The middleware itself: wraps a service, and lets verified requests through.

mod authenticate;
mod bearer;
mod future;
mod service;

use std::fmt;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tower_layer::Layer;

#[cfg(feature = "alb")]
pub(crate) use self::authenticate::{Authenticate, Decision};
use self::bearer::Bearer;
pub use self::future::ResponseFuture;
pub use self::service::CognitoService;
use crate::{
    CognitoVerifier, ConfigError, DefaultResponse, Rejection, RespondWithParts, TokenSource, token,
};

/// A tower layer that verifies the token of each request and inserts its claims.
///
/// The defaults are strict: a request without a token is rejected, and only `Authorization: Bearer`
/// is read. The claims are an extractor with the feature `axum`, and
/// `request.extensions().get::<CognitoClaims>()` without. Put it inside the CORS layer, so that
/// preflight requests, which carry no token, are answered first.
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier};
///
/// async fn me(claims: CognitoClaims) -> String {
///     claims.sub().to_owned()
/// }
///
/// let verifier = CognitoVerifier::new("us-east-1_AbCdEfGhI", "my-client-id")?;
/// let app: Router = Router::new().route("/me", get(me)).layer(CognitoLayer::new(verifier));
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
///
/// # Other response bodies
///
/// The default answer is JSON, so the responses inside need a body that is `From<&'static str>`, as
/// `axum::body::Body`, `http_body_util::Full<Bytes>` and `String` are. `Router::layer` always has
/// such a body. Elsewhere the compiler may say that a response body is not supported:
///
/// - Inside a `ServiceBuilder`, `TraceLayer`, `CompressionLayer` and `CatchPanicLayer` change the body
///   of the response. Add them with `Router::layer`, or put
///   `tower_http::map_response_body::MapResponseBodyLayer::new(axum::body::Body::new)` between
///   them and this layer.
/// - On a server with another body, such as tonic's own, give [`on_rejection`](Self::on_rejection) a
///   closure that returns a response with that body.
#[derive(Clone)]
#[must_use]
pub struct CognitoLayer<R = DefaultResponse> {
    settings: Arc<Bearer>,
    problem: Option<ConfigError>,
    respond: R,
}

impl CognitoLayer {
    /// Creates a strict layer with this verifier.
    pub fn new(verifier: CognitoVerifier) -> Self {
        let settings = Arc::new(Bearer::new(verifier));
        Self { settings, problem: None, respond: DefaultResponse::default() }
    }
}

impl<R> CognitoLayer<R> {
    /// Lets a request without a token through, without claims. A bad token is still rejected.
    ///
    /// While a [`token_from`](Self::token_from) of the layer cannot be right, every request gets 500:
    /// a token that nobody looks for would make its bearer anonymous.
    ///
    /// Example: [optional authentication](crate::guide::recipes#optional-authentication).
    pub fn optional(mut self) -> Self {
        Arc::make_mut(&mut self.settings).optional = true;
        self
    }

    /// Sets where the token is read from, in this order; the first source that holds a token decides,
    /// good or bad. Defaults to [`TokenSource::bearer()`] alone.
    ///
    /// Examples: [`TokenSource`], [a token in a cookie](crate::guide::recipes#sessions-in-cookies).
    pub fn token_from(mut self, sources: impl IntoIterator<Item = TokenSource>) -> Self {
        let sources: Vec<_> = sources.into_iter().collect();
        let checked = token::validate(&sources);
        Arc::make_mut(&mut self.settings).challenge.set_sources(sources.into());
        self.note(checked)
    }

    /// Sets the realm of every challenge. Defaults to `cognito`.
    ///
    /// Visible ASCII and spaces, without `"` and `\` (RFC 6750 §3): [`build`](Self::build) says so
    /// of another one, which would lose these characters.
    pub fn realm(mut self, realm: impl AsRef<str>) -> Self {
        let set = Arc::make_mut(&mut self.settings).challenge.set_realm(realm.as_ref());
        self.note(set)
    }

    /// Sets the URL of the protected-resource metadata in every challenge (RFC 9728 §5.1). Defaults to
    /// none. The same characters are allowed as in a [`realm`](Self::realm).
    ///
    /// With the feature `resource-metadata`, `ProtectedResource::protect` sets it and serves them.
    pub fn resource_metadata(mut self, url: impl AsRef<str>) -> Self {
        let challenge = &mut Arc::make_mut(&mut self.settings).challenge;
        let set = challenge.set_resource_metadata(url.as_ref());
        self.note(set)
    }

    /// Sets how rejections are answered: this layer's own, and those of
    /// [`Require`](crate::Require), extractors and handlers inside it. Defaults to JSON with `error`,
    /// `error_description` and `reason`.
    ///
    /// The headers of [`Rejection::headers`] are added where the answer keeps the status. An answer
    /// that replaces one from inside keeps the headers that layers in between added (CORS, cookies),
    /// unless it has them itself or they describe the old body. A rejection that something inside
    /// answered with another status is left alone: a 404 that hides a resource stays a 404.
    ///
    /// ```
    /// # use axum_cognito::{CognitoLayer, CognitoVerifier, Rejection};
    /// # fn example(verifier: CognitoVerifier) {
    /// use axum::{body::Body, response::Response};
    ///
    /// let layer = CognitoLayer::new(verifier).on_rejection(|rejection: Rejection| {
    ///     let problem = format!(r#"{{"title":"{}"}}"#, rejection.description());
    ///     let response = Response::builder().status(rejection.status());
    ///     response.header("content-type", "application/problem+json").body(Body::from(problem)).unwrap()
    /// });
    /// # let _ = layer;
    /// # }
    /// ```
    pub fn on_rejection<F, B>(self, respond: F) -> CognitoLayer<F>
    where
        F: Fn(Rejection) -> Response<B> + Clone,
    {
        CognitoLayer { settings: self.settings, problem: self.problem, respond }
    }

    /// Sets how rejections are answered, as [`on_rejection`](Self::on_rejection) does, by a closure
    /// that sees the request too: its method, URI, headers and extensions.
    ///
    /// For content negotiation, or a redirect to a sign-in that leads back. The parts are copied from
    /// each request as this layer receives it, with its credentials marked as sensitive; in a nested
    /// router, axum's `OriginalUri` in the extensions has the whole path.
    ///
    /// ```
    /// # use axum_cognito::CognitoLayer;
    /// # fn example(layer: CognitoLayer) {
    /// use axum::body::Body;
    /// use axum::http::{Response, StatusCode, header, request::Parts};
    /// use axum_cognito::Rejection;
    ///
    /// let layer = layer.on_rejection_with(|rejection: Rejection, request: &Parts| {
    ///     let accept = request.headers.get(header::ACCEPT).map(|value| value.as_bytes());
    ///     let is_page = accept.is_some_and(|accept| accept.starts_with(b"text/html"));
    ///     if !is_page || rejection.status() != StatusCode::UNAUTHORIZED {
    ///         return rejection.to_response();
    ///     }
    ///     // The sign-in must take a path of this application alone: `//evil.example` is another site.
    ///     let sign_in = format!("/sign-in?to={}", request.uri.path());
    ///     let response = Response::builder().status(303).header(header::LOCATION, sign_in);
    ///     response.body(Body::empty()).unwrap_or_else(|_| rejection.to_response())
    /// });
    /// # let _ = layer;
    /// # }
    /// ```
    pub fn on_rejection_with<F, B>(self, respond: F) -> CognitoLayer<RespondWithParts<F>>
    where
        F: Fn(Rejection, &Parts) -> Response<B> + Clone,
    {
        let respond = RespondWithParts::new(respond);
        CognitoLayer { settings: self.settings, problem: self.problem, respond }
    }

    /// Validates the settings. Optional: without this call an invalid setting is logged as an error
    /// and replaced by the nearest safe value.
    ///
    /// Example: [`TokenSource`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first invalid setting: a realm or a metadata URL with a character
    /// that a challenge cannot carry, a token source that cannot exist, or none at all.
    pub fn build(self) -> Result<Self, ConfigError> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    #[cfg(feature = "resource-metadata")]
    pub(crate) fn verifier(&self) -> &CognitoVerifier {
        &self.settings.verifier
    }

    /// Whether a token in `Authorization: Bearer` is found.
    #[cfg(feature = "resource-metadata")]
    pub(crate) fn reads_bearer(&self) -> bool {
        self.settings.challenge.sources().iter().any(TokenSource::is_bearer)
    }

    fn note(mut self, set: Result<(), ConfigError>) -> Self {
        if let Err(problem) = set {
            tracing::error!(%problem, "a setting of the layer is invalid");
            self.problem.get_or_insert(problem);
        }
        self
    }
}

impl<S, R: Clone> Layer<S> for CognitoLayer<R> {
    type Service = CognitoService<S, R>;

    fn layer(&self, inner: S) -> CognitoService<S, R> {
        CognitoService::new(inner, Arc::clone(&self.settings), self.respond.clone())
    }
}

impl<R> fmt::Debug for CognitoLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoLayer").field("settings", &self.settings).finish_non_exhaustive()
    }
}
