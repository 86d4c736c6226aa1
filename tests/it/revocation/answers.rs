//! What a client is told.

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, OnLoss, Rejection, RejectionKind};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use super::log::{Mode, TestLog};
use super::{Process, REFUSE_AFTER_10_S, SECOND, access};

async fn ask(process: &Process, token: &str) -> (Response<()>, Value) {
    let app = Router::new()
        .route("/", get(async |claims: CognitoClaims| claims.sub().to_owned()))
        .layer(CognitoLayer::new(process.verifier.clone()));
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let answer = app.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn kind(answer: &Response<()>) -> RejectionKind {
    answer.extensions().get::<Rejection>().unwrap().kind()
}

#[tokio::test]
async fn an_ended_sign_in_is_told_to_sign_in_again() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    assert_eq!(ask(&process, &token).await.0.status(), 200);
    process.end_sign_in(&token).await;
    let (answer, body) = ask(&process, &token).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(body["error"], "invalid_token");
    assert_eq!(body["error_description"], "The sign-in was ended: sign in again.");
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    assert!(challenge.contains(r#"error_description="The sign-in was ended: sign in again.""#));
    assert_eq!(kind(&answer), RejectionKind::Ended);
}

#[tokio::test]
async fn a_token_that_must_be_renewed_is_answered_as_an_expired_one() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let expired = ask(&process, &access(&pool).expired().sign()).await;
    process.require_renewal("alice").await;
    let (answer, body) = ask(&process, &access(&pool).sign()).await;
    assert_eq!((answer.status(), &body["error"]), (expired.0.status(), &expired.1["error"]));
    assert_eq!(body["error_description"], expired.1["error_description"]);
    assert_eq!(answer.headers()["www-authenticate"], expired.0.headers()["www-authenticate"]);
    assert_eq!(kind(&answer), RejectionKind::ExpiredToken);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_not_available_is_no_fault_of_the_token() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::Hangs);
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    let start = Instant::now();
    let (answer, body) = ask(&process, &access(&pool).sign()).await;
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(!answer.headers().contains_key("www-authenticate"));
    assert_eq!(body["error"], "temporarily_unavailable");
    assert_eq!(kind(&answer), RejectionKind::RevocationsUnavailable);
    let rejection = answer.extensions().get::<Rejection>().unwrap();
    assert!(rejection.verify_error().unwrap().is_unavailable());
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_the_first_read_and_goes_on() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::AnswersSlowly);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let start = Instant::now();
    let (answer, _) = ask(&process, &access(&pool).sign()).await;
    assert_eq!((answer.status(), start.elapsed()), (http::StatusCode::OK, SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waited_for_the_first_read_is_refused_by_it() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let token = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
    log.set(Mode::AnswersSlowly);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let (answer, _) = ask(&process, &token).await;
    assert_eq!(kind(&answer), RejectionKind::Ended);
    sleep(SECOND).await;
}
