//! Answers of a program's own: which refusals they replace, and what is added to them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoLayer, IdClaims, Rejection, RejectionKind, Require, TokenSource,
};
use http::request::Parts;
use http::{Response, StatusCode};

use crate::common::{late_keys, send};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client")).realm("orders")
}

/// Answers with the kind of the refusal, as text, under its own status.
fn by_kind() -> impl Fn(Rejection) -> Response<Body> + Clone {
    |rejection| (rejection.status(), format!("{:?}", rejection.kind())).into_response()
}

async fn alice_asks(app: Router) -> Response<String> {
    let token = POOL.access_token("alice").sign();
    send::get(app, &[("authorization", format!("Bearer {token}"))]).await
}

async fn nobody_asks(app: Router) -> Response<String> {
    send::get::<&str>(app, &[]).await
}

fn app() -> Router {
    Router::new().route("/", get(async |_: AccessClaims| "in"))
}

fn rejection(answer: &Response<String>) -> Option<RejectionKind> {
    answer.extensions().get().map(Rejection::kind)
}

#[tokio::test]
async fn a_refusal_of_the_layer_is_answered_so() {
    let answer = nobody_asks(app().layer(layer().on_rejection(by_kind()))).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (401, "MissingToken"));
}

#[tokio::test]
async fn a_refusal_after_a_wait_for_keys_is_answered_so() {
    let (layer, gate) = late_keys::layer(&POOL);
    gate.add_permits(1);
    let token = POOL.access_token("alice").header("kid", "unknown").sign();
    let authorization = ("authorization", format!("Bearer {token}"));
    let answer = send::get(app().layer(layer.on_rejection(by_kind())), &[authorization]).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (401, "InvalidToken"));
}

#[tokio::test]
async fn a_refusal_by_a_requirement_is_answered_so() {
    let app = app().layer(Require::group("admins")).layer(layer().on_rejection(by_kind()));
    let answer = alice_asks(app).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (403, "Forbidden"));
}

#[tokio::test]
async fn a_refusal_by_an_extractor_is_answered_so() {
    let app = Router::new().route("/", get(async |_: IdClaims| "in"));
    let answer = alice_asks(app.layer(layer().on_rejection(by_kind()))).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (401, "InvalidToken"));
}

#[tokio::test]
async fn a_refusal_by_an_extractor_behind_an_optional_layer_is_answered_so() {
    let answer = nobody_asks(app().layer(layer().optional().on_rejection(by_kind()))).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (401, "MissingToken"));
}

#[tokio::test]
async fn a_refusal_that_the_handler_answers_with_another_status_is_left_alone() {
    let hidden = async || (StatusCode::NOT_FOUND, Rejection::forbidden());
    let app = || Router::new().route("/", get(hidden));
    let answer = alice_asks(app().layer(layer().on_rejection(by_kind()))).await;
    assert_eq!(answer.status(), 404);
    assert!(answer.body().contains("insufficient_scope"), "{}", answer.body());
}

#[tokio::test]
async fn a_challenge_that_was_taken_away_with_the_status_stays_away() {
    let hide = async |mut response: Response<Body>| {
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.headers_mut().remove("www-authenticate");
        response
    };
    let app = Router::new().route("/", get(async || Rejection::forbidden()));
    let answer = alice_asks(app.layer(map_response(hide)).layer(layer())).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("www-authenticate")), (404, None));
}

#[tokio::test]
async fn an_answer_of_the_handler_is_left_alone() {
    let handler = async || (StatusCode::FORBIDDEN, "the handler's own");
    let app = Router::new().route("/", get(handler)).layer(layer().on_rejection(by_kind()));
    let answer = alice_asks(app).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (403, "the handler's own"));
    assert_eq!(answer.headers().get("www-authenticate"), None);
}

#[tokio::test]
async fn without_an_answer_of_the_own_a_refusal_is_left_as_a_layer_between_made_it() {
    let friendlier = map_response(async |mut answer: Response<Body>| {
        *answer.body_mut() = Body::from("please ask an administrator");
        answer
    });
    let app = app().layer(Require::group("admins")).layer(friendlier).layer(layer());
    let answer = alice_asks(app).await;
    let told = (answer.status().as_u16(), answer.body().as_str());
    assert_eq!(told, (403, "please ask an administrator"));
}

#[tokio::test]
async fn an_answer_with_the_same_status_gets_the_headers_that_it_lacks() {
    let answer = nobody_asks(app().layer(layer().on_rejection(by_kind()))).await;
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"orders\"");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn an_answer_with_the_same_status_keeps_its_own_headers() {
    let own = |rejection: Rejection| {
        let headers = [("www-authenticate", "Bearer realm=\"own\""), ("cache-control", "private")];
        (rejection.status(), headers).into_response()
    };
    let answer = nobody_asks(app().layer(layer().on_rejection(own))).await;
    let challenges: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["Bearer realm=\"own\""]);
    assert_eq!(answer.headers()["cache-control"], "private");
}

#[tokio::test]
async fn an_answer_with_another_status_gets_no_challenge() {
    let login = |_| (StatusCode::SEE_OTHER, [("location", "/login")]).into_response();
    let answer = nobody_asks(app().layer(layer().on_rejection(login))).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/login".parse().expect("text"))
    );
    assert_eq!(answer.headers().get("www-authenticate"), None);
}

#[tokio::test]
async fn an_answer_of_the_own_carries_the_rejection() {
    let login = |_| (StatusCode::SEE_OTHER, [("location", "/login")]).into_response();
    let layer = layer().on_rejection(login);
    assert_eq!(
        rejection(&nobody_asks(app().layer(layer.clone())).await),
        Some(RejectionKind::MissingToken)
    );
    let inside = app().layer(Require::group("admins")).layer(layer);
    assert_eq!(rejection(&alice_asks(inside).await), Some(RejectionKind::Forbidden));
}

#[tokio::test]
async fn the_own_answer_is_asked_for_once_a_refusal() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let counting = move |rejection: Rejection| {
        counter.fetch_add(1, Ordering::SeqCst);
        by_kind()(rejection)
    };
    let app = app().layer(Require::group("admins")).layer(layer().on_rejection(counting));
    nobody_asks(app.clone()).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    alice_asks(app).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_own_answer_is_not_asked_for_when_nothing_is_refused() {
    let never = |_: Rejection| -> Response<Body> { panic!("asked") };
    assert_eq!(alice_asks(app().layer(layer().on_rejection(never))).await.status(), 200);
}

#[tokio::test]
async fn of_two_layers_with_answers_the_inner_one_answers() {
    let inner = layer().token_from([TokenSource::header("x-inner")]);
    let app = app().layer(inner.on_rejection(|_| "inner".into_response()));
    let app = app.layer(layer().on_rejection(|_| "outer".into_response()));
    assert_eq!(alice_asks(app).await.body(), "inner");
}

#[tokio::test]
async fn of_two_layers_with_answers_the_inner_one_answers_for_a_requirement() {
    let app = app().layer(Require::group("admins"));
    let app = app.layer(layer().on_rejection(|_| "inner".into_response()));
    let app = app.layer(layer().on_rejection(|_| "outer".into_response()));
    assert_eq!(alice_asks(app).await.body(), "inner");
}

#[tokio::test]
async fn the_other_settings_of_a_layer_stand_before_or_behind_its_answer() {
    let bare = || CognitoLayer::new(POOL.verifier("test-client"));
    let before = nobody_asks(app().layer(bare().realm("a").on_rejection(by_kind()))).await;
    let behind = nobody_asks(app().layer(bare().on_rejection(by_kind()).realm("a"))).await;
    assert_eq!(before.headers()["www-authenticate"], "Bearer realm=\"a\"");
    assert_eq!(behind.headers()["www-authenticate"], "Bearer realm=\"a\"");
}

/// What a layer in between adds to every answer, also to one that is replaced.
async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example.com"),
        ("vary", "origin"),
        ("set-cookie", "theme=dark"),
        ("x-request-id", "1"),
        ("content-encoding", "gzip"),
        ("content-length", "5"),
        ("etag", "\"1\""),
    ] {
        headers.append(name, value.parse().expect("a value"));
    }
    response
}

fn guarded() -> Router {
    app().layer(Require::group("admins")).layer(map_response(with_headers))
}

#[tokio::test]
async fn an_own_answer_keeps_the_headers_that_layers_in_between_added() {
    let answer = alice_asks(guarded().layer(layer().on_rejection(by_kind()))).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (403, "Forbidden"));
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example.com");
    assert_eq!(answer.headers()["set-cookie"], "theme=dark");
    assert_eq!(answer.headers()["vary"], "origin");
    assert_eq!(answer.headers()["x-request-id"], "1");
}

#[tokio::test]
async fn an_own_answer_keeps_no_header_of_the_body_that_it_replaces() {
    let answer = alice_asks(guarded().layer(layer().on_rejection(by_kind()))).await;
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    for name in ["content-encoding", "etag"] {
        assert_eq!(answer.headers().get(name), None, "{name}");
    }
    let empty = |rejection: Rejection| {
        Response::builder().status(rejection.status()).body(Body::empty()).expect("an answer")
    };
    let answer = alice_asks(guarded().layer(layer().on_rejection(empty))).await;
    assert_eq!(answer.headers().get("content-type"), None);
    assert_eq!(answer.headers()["x-request-id"], "1");
}

#[tokio::test]
async fn an_own_answer_with_headers_of_the_same_names_wins_and_keeps_other_cookies() {
    let own = |rejection: Rejection| {
        let headers =
            [("x-request-id", "2"), ("set-cookie", "session=; Max-Age=0"), ("vary", "accept")];
        (rejection.status(), headers).into_response()
    };
    let answer = alice_asks(guarded().layer(layer().on_rejection(own))).await;
    let all = |name| answer.headers().get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(all("x-request-id"), ["2"]);
    assert_eq!(all("set-cookie"), ["session=; Max-Age=0", "theme=dark"]);
    assert_eq!(all("vary"), ["accept", "origin"]);
}

#[tokio::test]
async fn an_own_answer_with_another_status_keeps_no_challenge_of_the_one_it_replaces() {
    let login = |_| (StatusCode::SEE_OTHER, [("location", "/login")]).into_response();
    let answer = alice_asks(guarded().layer(layer().on_rejection(login))).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers().get("www-authenticate"), None);
    assert_eq!(answer.headers()["set-cookie"], "theme=dark");
}

#[tokio::test]
async fn of_two_layers_the_inner_one_answers_for_a_requirement_by_default_too() {
    let inner = app().layer(Require::group("admins")).layer(layer());
    let answer = alice_asks(inner.layer(layer().on_rejection(by_kind()))).await;
    assert_eq!(answer.status(), 403);
    assert!(answer.body().contains("insufficient_scope"), "{}", answer.body());
}

/// Answers with what the closure sees of the request, as text.
fn by_request() -> impl Fn(Rejection, &Parts) -> Response<Body> + Clone {
    |rejection, request| {
        let secret = request.headers.get("authorization").is_some_and(|value| value.is_sensitive());
        let text = format!("{} {} {} {secret}", rejection.reason(), request.method, request.uri);
        (rejection.status(), text).into_response()
    }
}

#[tokio::test]
async fn an_answer_that_sees_the_request_gets_its_method_and_uri() {
    let app = app().layer(layer().on_rejection_with(by_request()));
    assert_eq!(nobody_asks(app).await.body(), "missing_token GET / false");
}

#[tokio::test]
async fn an_answer_that_sees_the_request_replaces_those_from_inside_too() {
    let app = app().route_layer(Require::group("admins"));
    let app = app.layer(layer().on_rejection_with(by_request()));
    let answer = alice_asks(app).await;
    assert_eq!(answer.body(), "forbidden GET / true");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn an_answer_that_sees_the_request_does_so_after_a_wait_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    gate.add_permits(1);
    let token = POOL.access_token("alice").header("kid", "unknown").sign();
    let authorization = ("authorization", format!("Bearer {token}"));
    let app = app().layer(layer.on_rejection_with(by_request()));
    let answer = send::get(app, &[authorization]).await;
    assert_eq!(answer.body(), "invalid_signature GET / true");
}
