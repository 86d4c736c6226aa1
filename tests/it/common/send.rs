//! Sends a request to a router, without a socket.

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// The answer to a request, with its whole body.
pub(crate) async fn send(router: Router, request: Request<Body>) -> Response<String> {
    let response = router.oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Response::from_parts(parts, String::from_utf8(body.into()).expect("text"))
}

/// The answer to a GET with these headers, whose values may be any bytes.
pub(crate) async fn get<V: AsRef<[u8]>>(router: Router, headers: &[(&str, V)]) -> Response<String> {
    let request = headers
        .iter()
        .fold(Request::get("/"), |request, (name, value)| request.header(*name, value.as_ref()));
    send(router, request.body(Body::empty()).expect("headers that can be")).await
}
