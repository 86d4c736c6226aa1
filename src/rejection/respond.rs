use std::fmt;

use http::request::Parts;
use http::{Request, Response};

use super::Rejection;

/// Answers a [`Rejection`]: a closure given to
/// [`CognitoLayer::on_rejection`](crate::CognitoLayer::on_rejection), a [`RespondWithParts`], or
/// [`DefaultResponse`].
///
/// Sealed: a bound for code that is generic over a layer's answers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot answer a rejection with the response body `{B}`",
    label = "the responses here have the body `{B}`",
    note = "the default answer is JSON, so it needs a body that is `From<&'static str>`, as \
            `axum::body::Body`, `http_body_util::Full<Bytes>` and `String` are",
    note = "for another body, call `CognitoLayer::on_rejection` with a closure that returns \
            `http::Response<{B}>`; `Require` has no answer of its own, so put \
            `tower_http::map_response_body::MapResponseBodyLayer` inside it",
    note = "layers like `TraceLayer`, `CompressionLayer` and `CatchPanicLayer` change the body: \
            with those inside, add `MapResponseBodyLayer::new(axum::body::Body::new)` between, or \
            add each layer with `Router::layer`, which does this"
)]
pub trait RespondToRejection<B>: private::Respond<B> + Clone {}

pub(super) mod private {
    use http::{Request, Response};

    use crate::Rejection;

    #[expect(unnameable_types, reason = "it seals the trait that needs it")]
    pub trait Respond<B>: Clone {
        /// Returns what answers the rejections of this one request.
        fn for_request<T>(&self, _request: &Request<T>) -> Self {
            self.clone()
        }

        /// The answer.
        fn respond(&self, rejection: Rejection) -> Response<B>;

        /// Whether this also replaces the answers of `Require`, of extractors and of handlers inside
        /// the layer.
        fn overrides_inner(&self) -> bool;
    }
}

impl<F, B> private::Respond<B> for F
where
    F: Fn(Rejection) -> Response<B> + Clone,
{
    fn respond(&self, rejection: Rejection) -> Response<B> {
        self(rejection)
    }

    fn overrides_inner(&self) -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl<F, B> RespondToRejection<B> for F where F: Fn(Rejection) -> Response<B> + Clone {}

/// The default answer: [`Rejection::to_response`].
///
/// Example: [what the client gets](crate::guide::scopes_groups_roles#what-the-client-gets).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultResponse;

impl<B: From<&'static str>> private::Respond<B> for DefaultResponse {
    fn respond(&self, rejection: Rejection) -> Response<B> {
        rejection.to_response()
    }

    /// Inner rejections already have the default format.
    fn overrides_inner(&self) -> bool {
        false
    }
}

#[diagnostic::do_not_recommend]
impl<B: From<&'static str>> RespondToRejection<B> for DefaultResponse {}

/// A closure that sees the request too: of
/// [`CognitoLayer::on_rejection_with`](crate::CognitoLayer::on_rejection_with).
#[derive(Clone)]
pub struct RespondWithParts<F> {
    respond: F,
    /// Those of the request, once there is one.
    parts: Parts,
}

impl<F> RespondWithParts<F> {
    pub(crate) fn new(respond: F) -> Self {
        Self { respond, parts: Request::new(()).into_parts().0 }
    }
}

impl<F, B> private::Respond<B> for RespondWithParts<F>
where
    F: Fn(Rejection, &Parts) -> Response<B> + Clone,
{
    fn for_request<T>(&self, request: &Request<T>) -> Self {
        let mut parts = self.parts.clone();
        parts.method = request.method().clone();
        parts.uri = request.uri().clone();
        parts.version = request.version();
        parts.headers = request.headers().clone();
        parts.extensions = request.extensions().clone();
        Self { respond: self.respond.clone(), parts }
    }

    fn respond(&self, rejection: Rejection) -> Response<B> {
        (self.respond)(rejection, &self.parts)
    }

    fn overrides_inner(&self) -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl<F, B> RespondToRejection<B> for RespondWithParts<F> where
    F: Fn(Rejection, &Parts) -> Response<B> + Clone
{
}

impl<F> fmt::Debug for RespondWithParts<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RespondWithParts").finish_non_exhaustive()
    }
}
