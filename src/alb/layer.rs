//! The middleware behind a load balancer.

use std::fmt;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tower_layer::Layer;

use super::authenticate::BehindAlb;
use super::{AlbService, AlbVerifier};
use crate::{ConfigError, DefaultResponse, Rejection, RespondWithParts};

/// A tower layer that lets requests through that a trusted load balancer has authenticated, with
/// their [`AlbClaims`](crate::AlbClaims).
///
/// It reads the header `x-amzn-oidc-data`. The defaults are strict: a request without it is rejected.
/// The claims are an extractor with the feature `axum`, and
/// `request.extensions().get::<AlbClaims>()` without.
///
/// A rejection is 401, as the load balancer itself answers where its rule says `deny`. Two such
/// headers are 400, and an unavailable key is 503. RFC 9110 §15.5.2 wants a challenge with each 401:
/// its scheme is `ALB`, which is deliberately unregistered, so no client answers it with a token, as
/// it would answer `Bearer`. A page that gets 401 should be loaded again.
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_cognito::{AlbClaims, AlbLayer, AlbVerifier};
///
/// async fn me(claims: AlbClaims) -> String {
///     claims.sub().to_owned()
/// }
///
/// fn app(verifier: AlbVerifier) -> Router {
///     Router::new().route("/me", get(me)).layer(AlbLayer::new(verifier))
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct AlbLayer<R = DefaultResponse> {
    settings: Arc<BehindAlb>,
    problem: Option<ConfigError>,
    respond: R,
}

impl AlbLayer {
    /// Makes a strict layer around this verifier.
    pub fn new(verifier: AlbVerifier) -> Self {
        let settings = Arc::new(BehindAlb::new(verifier));
        Self { settings, problem: None, respond: DefaultResponse::default() }
    }
}

impl<R> AlbLayer<R> {
    /// Lets a request without the header through, without claims. A bad one is still refused.
    ///
    /// For a listener whose rule lets users through who have not signed in (`allow`).
    pub fn optional(mut self) -> Self {
        Arc::make_mut(&mut self.settings).optional = true;
        self
    }

    /// Sets the realm of every challenge. Defaults to `cognito`.
    ///
    /// Visible ASCII and spaces, without `"` and `\`: [`build`](Self::build) says so of another
    /// one, which would lose these characters.
    pub fn realm(mut self, realm: impl AsRef<str>) -> Self {
        let set = Arc::make_mut(&mut self.settings).challenge.0.set_realm(realm.as_ref());
        if let Err(problem) = set {
            tracing::error!(%problem, "a setting of the layer is invalid");
            self.problem.get_or_insert(problem);
        }
        self
    }

    /// Sets how rejections are answered: this layer's own, and those of extractors inside it. Defaults
    /// to JSON with `error`, `error_description` and `reason`.
    ///
    /// The headers of [`Rejection::headers`] are added where the answer keeps the status.
    pub fn on_rejection<F, B>(self, respond: F) -> AlbLayer<F>
    where
        F: Fn(Rejection) -> Response<B> + Clone,
    {
        AlbLayer { settings: self.settings, problem: self.problem, respond }
    }

    /// Sets how rejections are answered, as [`on_rejection`](Self::on_rejection) does, by a closure
    /// that sees the request too: its method, URI, headers and extensions.
    ///
    /// Otherwise as [`CognitoLayer::on_rejection_with`](crate::CognitoLayer::on_rejection_with).
    pub fn on_rejection_with<F, B>(self, respond: F) -> AlbLayer<RespondWithParts<F>>
    where
        F: Fn(Rejection, &Parts) -> Response<B> + Clone,
    {
        let respond = RespondWithParts::new(respond);
        AlbLayer { settings: self.settings, problem: self.problem, respond }
    }

    /// Validates the settings. Optional: without this call an invalid setting is logged as an error
    /// and replaced by the nearest safe value.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Challenge`] for a realm with a character that a challenge cannot carry.
    pub fn build(self) -> Result<Self, ConfigError> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }
}

impl<S, R: Clone> Layer<S> for AlbLayer<R> {
    type Service = AlbService<S, R>;

    fn layer(&self, inner: S) -> AlbService<S, R> {
        AlbService::new(inner, Arc::clone(&self.settings), self.respond.clone())
    }
}

impl<R> fmt::Debug for AlbLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbLayer").field("settings", &self.settings).finish_non_exhaustive()
    }
}
