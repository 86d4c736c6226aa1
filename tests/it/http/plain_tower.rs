//! The layer on plain tower services, with other bodies than axum's.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, Rejection, RejectionKind, Require};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tower::{Layer, Service, ServiceBuilder, ServiceExt as _, service_fn};

type Bytes = axum::body::Bytes;
type Answer = Response<Full<Bytes>>;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

/// Answers with the user that the extensions name.
async fn who<B>(request: Request<B>) -> Result<Answer, Infallible> {
    let claims = request.extensions().get::<CognitoClaims>();
    let user = claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned());
    Ok(Response::new(Full::from(user)))
}

fn request<B: Default>(authorization: Option<String>) -> Request<B> {
    let request = Request::get("/");
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    request.body(B::default()).expect("a request")
}

fn alice<B: Default>() -> Request<B> {
    request(Some(format!("Bearer {}", POOL.access_token("alice").sign())))
}

async fn ask<S, B>(service: S, request: Request<B>) -> (u16, String, Option<RejectionKind>)
where
    S: Service<Request<B>, Response = Answer, Error = Infallible>,
{
    let answer = service.oneshot(request).await.expect("never fails");
    let kind = answer.extensions().get().map(Rejection::kind);
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("never fails").to_bytes();
    (status, String::from_utf8(body.into()).expect("text"), kind)
}

#[tokio::test]
async fn the_claims_stand_in_the_extensions() {
    let service = layer().layer(service_fn(who::<Full<Bytes>>));
    assert_eq!(ask(service, alice()).await, (200, "alice".to_owned(), None));
}

#[tokio::test]
async fn a_request_may_have_another_body_than_its_answer() {
    let service = layer().layer(service_fn(who::<Empty<Bytes>>));
    assert_eq!(ask(service, alice()).await, (200, "alice".to_owned(), None));
}

#[tokio::test]
async fn no_claims_stand_in_the_extensions_behind_an_optional_layer_without_a_token() {
    let service = layer().optional().layer(service_fn(who::<Full<Bytes>>));
    assert_eq!(ask(service, request(None)).await, (200, "nobody".to_owned(), None));
}

#[tokio::test]
async fn a_request_without_a_token_gets_the_default_answer() {
    let service = layer().layer(service_fn(who::<Full<Bytes>>));
    let (status, body, kind) = ask(service, request(None)).await;
    assert_eq!((status, kind), (401, Some(RejectionKind::MissingToken)));
    assert!(body.starts_with(r#"{"error":"missing_token","error_description":""#), "{body}");
}

#[tokio::test]
async fn a_requirement_is_a_layer_of_plain_services_too() {
    let service = ServiceBuilder::new().layer(layer()).layer(Require::group("admins"));
    let (status, _, kind) = ask(service.service_fn(who::<Full<Bytes>>), alice()).await;
    assert_eq!((status, kind), (403, Some(RejectionKind::Forbidden)));
}

/// A body that is made from nothing.
struct Opaque(&'static str);

async fn opaque(_: Request<()>) -> Result<Response<Opaque>, Infallible> {
    Ok(Response::new(Opaque("in")))
}

#[tokio::test]
async fn an_answer_of_its_own_may_have_any_body() {
    let layer = layer().on_rejection(|_| Response::new(Opaque("refused")));
    let service = layer.layer(service_fn(opaque));
    let let_in = service.clone().oneshot(alice()).await.expect("never fails").into_body();
    let refused = service.oneshot(request(None)).await.expect("never fails").into_body();
    assert_eq!((let_in.0, refused.0), ("in", "refused"));
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on() {
    let broken = service_fn(async |_: Request<()>| Err::<Answer, _>("broken"));
    assert_eq!(layer().layer(broken).oneshot(alice()).await.err(), Some("broken"));
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on_by_a_requirement() {
    let broken = service_fn(async |_: Request<()>| Err::<Answer, _>("broken"));
    let service = layer().layer(Require::when(|_| true).layer(broken));
    assert_eq!(service.oneshot(alice()).await.err(), Some("broken"));
}

#[tokio::test]
async fn the_request_passes_unchanged_but_for_its_extensions() {
    async fn echo(request: Request<String>) -> Result<Response<String>, Infallible> {
        let (method, uri, header) = (request.method(), request.uri(), &request.headers()["x-a"]);
        Ok(Response::new(format!("{method} {uri} {header:?} {}", request.body())))
    }
    let mut request = alice::<String>().map(|_| "body".to_owned());
    *request.method_mut() = http::Method::PUT;
    *request.uri_mut() = "/path?query=1".parse().expect("a URI");
    request.headers_mut().insert("x-a", "b".parse().expect("a value"));
    let answer = layer().layer(service_fn(echo)).oneshot(request).await.expect("never fails");
    assert_eq!(answer.body(), "PUT /path?query=1 \"b\" body");
}
