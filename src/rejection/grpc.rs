use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response};

use super::{Rejection, RejectionKind};

impl Rejection {
    /// Returns the response that a gRPC client understands: status 200, the code in `grpc-status`,
    /// the description in `grpc-message`, and the challenge and `Retry-After` among the metadata.
    ///
    /// From a plain HTTP 401 a gRPC client can only guess the code, and the description is lost. The
    /// body is empty, so it fits tonic's own server and any other:
    ///
    /// ```
    /// use axum_cognito::{CognitoLayer, CognitoVerifier};
    ///
    /// # fn example(verifier: CognitoVerifier, router: axum::Router) {
    /// let layer = CognitoLayer::new(verifier).on_rejection(|rejection| rejection.to_grpc_response());
    /// // tonic::transport::Server::builder().layer(layer).add_service(users), or an axum router:
    /// let router: axum::Router = router.layer(layer);
    /// # }
    /// ```
    ///
    /// | | `grpc-status` |
    /// |---|---|
    /// | 400, 401 | 16, `UNAUTHENTICATED` |
    /// | 403 | 7, `PERMISSION_DENIED` |
    /// | 503 | 14, `UNAVAILABLE` |
    /// | 500 | 13, `INTERNAL` |
    ///
    /// Source: [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md),
    /// "Trailers-Only".
    #[must_use]
    pub fn to_grpc_response<B: Default>(&self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.headers_mut() = self.headers();
        for (name, value) in [
            (CONTENT_TYPE, "application/grpc"),
            (HeaderName::from_static("grpc-status"), self.grpc_status()),
            // Visible ASCII and spaces, without `%`: percent-encoding would leave it as it is.
            (HeaderName::from_static("grpc-message"), self.description()),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(self.clone());
        response
    }

    fn grpc_status(&self) -> &'static str {
        match self.kind() {
            RejectionKind::MissingToken
            | RejectionKind::MalformedCredentials
            | RejectionKind::ExpiredToken
            | RejectionKind::InvalidToken
            | RejectionKind::Ended
            | RejectionKind::InsufficientAuthentication => "16",
            RejectionKind::InsufficientScope | RejectionKind::Forbidden => "7",
            RejectionKind::KeysUnavailable | RejectionKind::RevocationsUnavailable => "14",
            #[cfg(feature = "sign-in")]
            RejectionKind::CrossSite => "7",
            #[cfg(feature = "sign-in")]
            RejectionKind::SessionUnavailable => "14",
            RejectionKind::MissingLayer => "13",
        }
    }
}
