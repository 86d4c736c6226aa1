//! Sends one request to a router without a socket, over HTTP/1.1 and over HTTP/2.

use std::fmt::Debug;

use axum::Router;
use axum::body::{Body, HttpBody};
use http::{Request, Response, Version};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// The answers of all transports to a GET with these `Authorization` lines.
pub(crate) async fn ask<V: AsRef<[u8]>>(
    app: Router,
    path: &str,
    lines: &[V],
) -> [Response<Value>; 3] {
    let base = serve(app.clone()).await;
    [
        without_socket(app, path, lines).await,
        over(Version::HTTP_11, &format!("{base}{path}"), lines).await,
        over(Version::HTTP_2, &format!("{base}{path}"), lines).await,
    ]
}

/// Serves a router on a loopback port, until the test ends.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn without_socket<V: AsRef<[u8]>>(app: Router, path: &str, lines: &[V]) -> Response<Value> {
    let answer = app.oneshot(request(path, lines, Body::empty())).await;
    read(answer.expect("a router never fails")).await
}

async fn over<V: AsRef<[u8]>>(version: Version, url: &str, lines: &[V]) -> Response<Value> {
    let client = reqwest::Client::builder().no_proxy();
    let client = match version {
        Version::HTTP_2 => client.http2_prior_knowledge(),
        _ => client.http1_only(),
    };
    let request = request(url, lines, String::new()).try_into().expect("a whole URL");
    let answer = client.build().expect("a client").execute(request).await.expect("an answer");
    assert_eq!(answer.version(), version);
    read(Response::from(answer)).await
}

fn request<V: AsRef<[u8]>, B>(url: &str, lines: &[V], body: B) -> Request<B> {
    let request = lines
        .iter()
        .fold(Request::get(url), |request, line| request.header("authorization", line.as_ref()));
    request.body(body).expect("headers that can be")
}

async fn read<B: HttpBody<Error: Debug>>(answer: Response<B>) -> Response<Value> {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Response::from_parts(parts, serde_json::from_slice(&body).expect("JSON"))
}
