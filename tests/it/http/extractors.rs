//! The extractors beside the claims: the program's own type, and the raw token.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum_cognito::testing::TestPool;
use axum_cognito::{BearerToken, Claims, CognitoLayer, Rejection, RejectionKind, TokenSource};
use http::Response;

use crate::common::handlers::route;
use crate::common::log::Log;
use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

#[derive(serde::Deserialize)]
struct Mine {
    sub: String,
    tenant: u32,
}

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn token() -> String {
    POOL.access_token("alice").claim("tenant", 7).sign()
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

async fn mine(Claims(mine): Claims<Mine>) -> String {
    format!("{} {}", !mine.sub.is_empty(), mine.tenant)
}

async fn optional_mine(mine: Option<Claims<Mine>>) -> String {
    mine.map_or("nobody".to_owned(), |mine| mine.tenant.to_string())
}

async fn raw(token: BearerToken) -> String {
    token.as_str().to_owned()
}

async fn optional_raw(token: Option<BearerToken>) -> String {
    token.map_or("nobody".to_owned(), |token| token.to_string())
}

async fn ask(app: Router, headers: &[(&str, String)]) -> Response<String> {
    send::get(app, headers).await
}

fn rejection(answer: &Response<String>) -> &Rejection {
    answer.extensions().get().expect("the rejection travels with the answer")
}

#[tokio::test]
async fn claims_come_as_a_type_of_the_program() {
    let answer = ask(route(mine).layer(layer()), &[bearer(&token())]).await;
    assert_eq!(answer.body(), "true 7");
    let answer = ask(route(optional_mine).layer(layer().optional()), &[bearer(&token())]).await;
    assert_eq!(answer.body(), "7");
}

#[tokio::test]
async fn a_good_token_whose_claims_do_not_fit_the_type_is_refused_and_the_client_not_told_why() {
    let odd = POOL.access_token("alice").claim("tenant", "secret-tenant").sign();
    let none = POOL.access_token("alice").sign();
    for token in [odd, none] {
        for app in [route(mine), route(optional_mine)] {
            let (log, _guard) = Log::start();
            let answer = ask(app.layer(layer().optional()), &[bearer(&token)]).await;
            assert_eq!(rejection(&answer).kind(), RejectionKind::Forbidden);
            assert!(!answer.body().contains("tenant"), "{}", answer.body());
            let text = log.text();
            assert!(text.contains("Mine") && !text.contains("secret"), "{text}");
        }
    }
}

#[tokio::test]
async fn without_a_token_both_are_refused_as_claims_are() {
    for app in [route(mine), route(raw)] {
        let answer = ask(app.layer(layer().optional().realm("orders")), &[]).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"orders\"");
    }
    for app in [route(optional_mine), route(optional_raw)] {
        let answer = ask(app.layer(layer().optional()), &[]).await;
        assert_eq!(answer.body(), "nobody");
    }
}

#[tokio::test]
async fn without_the_layer_both_are_an_error_of_the_server() {
    for app in [route(mine), route(optional_mine), route(raw), route(optional_raw)] {
        let answer = ask(app, &[bearer(&token())]).await;
        assert_eq!(rejection(&answer).kind(), RejectionKind::MissingLayer);
        assert_eq!(answer.headers().get("www-authenticate"), None);
    }
}

#[tokio::test]
async fn the_raw_token_comes_from_whichever_source_was_used() {
    let token = token();
    let subprotocol = TokenSource::custom(|headers| headers.get("x-custom")?.to_str().ok());
    let sources = [
        TokenSource::bearer(),
        TokenSource::bare_authorization(),
        TokenSource::bearer_in("x-forwarded-authorization"),
        TokenSource::header("x-token"),
        TokenSource::cookie("t"),
        subprotocol,
    ];
    for (name, value) in [
        ("authorization", format!("Bearer {token}")),
        ("authorization", token.clone()),
        ("x-forwarded-authorization", format!("bearer {token}")),
        ("x-token", token.clone()),
        ("cookie", format!("a=b; t=\"{token}\"")),
        ("x-custom", token.clone()),
    ] {
        let app = route(raw).layer(layer().token_from(sources.clone()));
        assert_eq!(*ask(app, &[(name, value)]).await.body(), token, "{name}");
    }
}

#[tokio::test]
async fn the_raw_token_of_another_request_is_never_given_out() {
    let other = POOL.access_token("bob").sign();
    let change = move |mut request: Request, next: Next| {
        let value = format!("Bearer {other}").parse().expect("a header");
        request.headers_mut().insert("authorization", value);
        next.run(request)
    };
    let (log, _guard) = Log::start();
    let answer = ask(route(raw).layer(from_fn(change)).layer(layer()), &[bearer(&token())]).await;
    assert_eq!(answer.status(), 500);
    assert!(log.errors().iter().any(|line| line.contains("BearerToken")), "{}", log.text());
}

#[tokio::test]
async fn the_raw_token_is_shown_to_no_log() {
    let app = route(async |token: BearerToken| format!("{token:?} {:?}", token.authorization()));
    let answer = ask(app.layer(layer()), &[bearer(&token())]).await;
    assert_eq!(answer.body(), "BearerToken(..) Sensitive");
    let app =
        route(async |token: BearerToken| token.authorization().to_str().expect("text").to_owned());
    let token = token();
    let answer = ask(app.layer(layer()), &[bearer(&token)]).await;
    assert_eq!(*answer.body(), format!("Bearer {token}"));
}
