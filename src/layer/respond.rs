use http::Response;

use crate::Rejection;

/// Answers a [`Rejection`]: a closure given to
/// [`CognitoLayer::on_rejection`](crate::CognitoLayer::on_rejection), or the default.
///
/// Example: [`CognitoLayer::on_rejection`](crate::CognitoLayer::on_rejection).
pub trait RespondToRejection<B>: Clone {
    /// The answer.
    fn respond(&self, rejection: Rejection) -> Response<B>;

    /// Whether the answers of `Require` and of extractors, inside of the layer, are replaced too.
    fn replaces(&self) -> bool;
}

impl<F, B> RespondToRejection<B> for F
where
    F: Fn(Rejection) -> Response<B> + Clone,
{
    fn respond(&self, rejection: Rejection) -> Response<B> {
        self(rejection)
    }

    fn replaces(&self) -> bool {
        true
    }
}

/// The default answer: [`Rejection::to_response`].
///
/// Example: [what the client gets](crate::guide::scopes_groups_roles#what-the-client-gets).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultResponse;

impl<B: From<&'static str>> RespondToRejection<B> for DefaultResponse {
    fn respond(&self, rejection: Rejection) -> Response<B> {
        rejection.to_response()
    }

    /// They have this very form already.
    fn replaces(&self) -> bool {
        false
    }
}
