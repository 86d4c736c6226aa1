//! Layers, extractors and `Require` put together, and within each other.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response as AxumResponse;
use axum::routing::get;
use axum::{Extension, Router};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoClaims, CognitoLayer, CognitoVerifier, Rejection, RejectionKind, Require, TokenSource,
    TokenUse,
};
use http::Response;

use crate::common::handlers::{
    access, claims, id, optional_access, optional_claims, optional_id, route,
};
use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

/// A layer for either kind of token.
fn any_layer() -> CognitoLayer {
    let builder = CognitoVerifier::builder().trust(&*POOL, "test-client").clock(POOL.clock());
    CognitoLayer::new(builder.token_use(TokenUse::Any).build().expect("settings that can be"))
}

/// A layer that reads its token from another place than [`layer`].
fn inner_layer() -> CognitoLayer {
    layer().token_from([TokenSource::header("x-inner")]).realm("inner")
}

fn access_token() -> String {
    POOL.access_token("alice").sign()
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

async fn alice_asks(app: Router) -> Response<String> {
    send::get(app, &[bearer(&access_token())]).await
}

async fn nobody_asks(app: Router) -> Response<String> {
    send::get::<&str>(app, &[]).await
}

fn assert_user(answer: &Response<String>, user: &str) {
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, user));
}

fn rejection(answer: &Response<String>) -> &Rejection {
    answer.extensions().get().expect("the rejection travels with the answer")
}

/// Expects a refusal of the very layer with this realm, for want of a token.
fn assert_challenged_by(answer: &Response<String>, realm: &str) {
    assert_eq!(answer.status(), 401, "{}", answer.body());
    assert_eq!(answer.headers()["www-authenticate"], format!("Bearer realm=\"{realm}\""));
}

#[tokio::test]
async fn every_extractor_gives_the_claims_of_its_kind() {
    let id_token = POOL.id_token("alice").sign();
    for (handler, token) in [
        (route(claims), access_token()),
        (route(claims), id_token.clone()),
        (route(access), access_token()),
        (route(id), id_token.clone()),
        (route(optional_claims), access_token()),
        (route(optional_access), access_token()),
        (route(optional_id), id_token),
    ] {
        assert_user(&send::get(handler.layer(any_layer()), &[bearer(&token)]).await, "alice");
    }
}

#[tokio::test]
async fn claims_of_another_kind_are_an_invalid_token_and_never_nobody() {
    let id_token = POOL.id_token("alice").sign();
    for (handler, token) in [
        (route(access), id_token.clone()),
        (route(optional_access), id_token),
        (route(id), access_token()),
        (route(optional_id), access_token()),
    ] {
        let app = handler.layer(any_layer().optional());
        let answer = send::get(app, &[bearer(&token)]).await;
        assert_eq!(rejection(&answer).kind(), RejectionKind::InvalidToken, "{}", answer.body());
    }
}

#[tokio::test]
async fn an_optional_extractor_behind_an_optional_layer_is_none_without_a_token() {
    for handler in [route(optional_claims), route(optional_access), route(optional_id)] {
        assert_user(&nobody_asks(handler.layer(layer().optional())).await, "nobody");
    }
}

#[tokio::test]
async fn a_handler_may_take_the_refusal_itself() {
    let app = route(async |claims: Result<CognitoClaims, Rejection>| match claims {
        Ok(claims) => claims.username().unwrap_or(claims.sub()).to_owned(),
        Err(rejection) => format!("{:?}", rejection.kind()),
    });
    assert_user(&nobody_asks(app.layer(layer().optional())).await, "MissingToken");
}

#[tokio::test]
async fn an_optional_extractor_does_not_make_the_layer_optional() {
    assert_challenged_by(&nobody_asks(route(optional_claims).layer(layer())).await, "cognito");
}

#[tokio::test]
async fn claims_behind_an_optional_layer_are_asked_for_by_that_layer() {
    for handler in [route(claims), route(access), route(id)] {
        let answer = nobody_asks(handler.layer(layer().optional().realm("orders"))).await;
        assert_challenged_by(&answer, "orders");
    }
}

#[tokio::test]
async fn a_requirement_behind_an_optional_layer_is_asked_for_by_that_layer() {
    let app = route(async || "in").layer(Require::when(|_| true));
    let answer = nobody_asks(app.layer(layer().optional().realm("orders"))).await;
    assert_challenged_by(&answer, "orders");
}

#[tokio::test]
async fn a_route_layer_requires_of_its_routes_alone() {
    let app = Router::new()
        .route("/admin", get(async || "in"))
        .route_layer(Require::group("admins"))
        .route("/", get(claims))
        .layer(layer());
    assert_user(&alice_asks(app).await, "alice");
}

#[tokio::test]
async fn an_inner_layer_takes_the_claims_of_the_outer_one_away() {
    let app = route(optional_claims).layer(inner_layer().optional()).layer(layer());
    assert_user(&alice_asks(app).await, "nobody");
}

#[tokio::test]
async fn an_inner_layer_does_not_accept_the_claims_of_the_outer_one() {
    let app = route(optional_claims).layer(inner_layer()).layer(layer());
    assert_challenged_by(&alice_asks(app).await, "inner");
}

#[tokio::test]
async fn a_handler_sees_what_the_inner_layer_accepted() {
    let app = route(claims).layer(inner_layer().optional()).layer(layer());
    let inner = ("x-inner", POOL.access_token("bob").sign());
    assert_user(&send::get(app, &[bearer(&access_token()), inner]).await, "bob");
}

#[tokio::test]
async fn a_bad_token_of_an_inner_optional_layer_is_refused() {
    let app = route(optional_claims).layer(inner_layer().optional()).layer(layer());
    let inner = ("x-inner", POOL.access_token("bob").expired().sign());
    let answer = send::get(app, &[bearer(&access_token()), inner]).await;
    assert_eq!(rejection(&answer).kind(), RejectionKind::ExpiredToken);
}

#[tokio::test]
async fn a_requirement_between_two_layers_asks_the_claims_of_the_outer_one() {
    let app = route(optional_claims).layer(inner_layer().optional());
    let app = app.layer(Require::when(|claims| claims.username() == Some("alice"))).layer(layer());
    assert_user(&alice_asks(app).await, "nobody");
}

#[tokio::test]
async fn a_refusal_inside_of_two_layers_has_the_challenge_of_the_inner_one() {
    let app = route(claims).layer(inner_layer().optional()).layer(layer().realm("outer"));
    assert_challenged_by(&alice_asks(app).await, "inner");
}

#[tokio::test]
async fn claims_that_a_program_put_there_do_not_pass_an_optional_layer() {
    let verified = POOL.verifier("test-client").verify(&access_token()).await.expect("a token");
    let app = route(optional_claims).layer(layer().optional()).layer(Extension(verified));
    assert_user(&nobody_asks(app).await, "nobody");
}

#[tokio::test]
async fn what_else_stands_in_the_extensions_passes_the_layer() {
    let app = route(async |Extension(text): Extension<&'static str>| text);
    assert_user(&alice_asks(app.layer(layer()).layer(Extension("kept"))).await, "kept");
}

#[tokio::test]
async fn an_outer_middleware_finds_the_rejection_in_the_answer() {
    async fn audit(request: Request, next: Next) -> AxumResponse {
        let mut answer = next.run(request).await;
        let kind = answer.extensions().get::<Rejection>().map(Rejection::kind);
        answer.headers_mut().insert("x-kind", format!("{kind:?}").parse().expect("text"));
        answer
    }
    let app = route(claims).layer(Require::group("admins")).layer(layer()).layer(from_fn(audit));
    assert_eq!(alice_asks(app.clone()).await.headers()["x-kind"], "Some(Forbidden)");
    assert_eq!(nobody_asks(app).await.headers()["x-kind"], "Some(MissingToken)");
}

#[tokio::test]
async fn a_request_that_is_let_in_has_no_rejection() {
    let answer = alice_asks(route(claims).layer(layer())).await;
    assert!(answer.extensions().get::<Rejection>().is_none());
}
