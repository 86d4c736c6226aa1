//! A user pool for all tests that leave its clock alone, and requests without a socket.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{Request, Response, StatusCode};
use axum_cognito::CognitoVerifier;
use axum_cognito::testing::{TestPool, TestToken};
use tower::ServiceExt as _;

pub(crate) static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// A verifier of the pool's access tokens, for the client of [`alice`].
pub(crate) fn verifier() -> CognitoVerifier {
    POOL.verifier("test-client")
}

/// An access token of the pool's user Alice, to be changed and signed.
pub(crate) fn alice() -> TestToken {
    POOL.access_token("alice")
}

/// A GET request of this path.
pub(crate) fn get(path: &str) -> Builder {
    Request::get(path)
}

/// A POST request to this path.
pub(crate) fn post(path: &str) -> Builder {
    Request::post(path)
}

/// The value of `Authorization` for this token.
pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The answer to a request without a body, with the whole body of the answer.
pub(crate) async fn send(app: &Router, request: Builder) -> Response<String> {
    let request = request.body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 64 * 1024).await.expect("a short body");
    Response::from_parts(parts, String::from_utf8(body.into()).expect("text"))
}

/// The status of the answer to a request with this token.
pub(crate) async fn status(app: &Router, request: Builder, token: TestToken) -> StatusCode {
    send(app, request.header("authorization", bearer(&token.sign()))).await.status()
}

/// A header of an answer; empty if it is not there.
pub(crate) fn header<'a, B>(response: &'a Response<B>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
}
