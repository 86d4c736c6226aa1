use axum::Router;
use axum::http::StatusCode;
use axum_cognito::testing::TestToken;
use serde_json::Value;

use crate::apps::problem_json;
use crate::common::{alice, bearer, get, header, send, verifier};

fn app() -> Router {
    problem_json::app(verifier())
}

/// The problem that a token is answered with, after a look at what all problems have in common.
async fn problem(token: Option<TestToken>, status: StatusCode) -> (Value, String) {
    let request = get("/orders");
    let response = match token {
        Some(token) => send(&app(), request.header("authorization", bearer(&token.sign()))).await,
        None => send(&app(), request).await,
    };
    assert_eq!(response.status(), status);
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let problem: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!(problem["status"], status.as_u16());
    (problem, header(&response, "www-authenticate").to_owned())
}

#[tokio::test]
async fn an_expired_token_is_a_problem_of_its_own_type() {
    let (problem, challenge) = problem(Some(alice().expired()), StatusCode::UNAUTHORIZED).await;
    assert_eq!(problem["type"], "https://api.example.com/problems/expired-token");
    assert_eq!(problem["detail"], "The token has expired.");
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

#[tokio::test]
async fn a_request_without_a_token_is_a_problem_with_a_challenge() {
    let (problem, challenge) = problem(None, StatusCode::UNAUTHORIZED).await;
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], "Unauthorized");
    assert_eq!(challenge, r#"Bearer realm="cognito""#);
}

#[tokio::test]
async fn a_missing_scope_is_a_problem_that_the_challenge_names() {
    let (problem, challenge) = problem(Some(alice()), StatusCode::FORBIDDEN).await;
    assert_eq!(problem["type"], "https://api.example.com/problems/missing-scope");
    assert!(challenge.contains(r#"scope="orders/read""#), "{challenge}");
}

#[tokio::test]
async fn a_good_token_is_no_problem() {
    let token = bearer(&alice().scope("orders/read").sign());
    let response = send(&app(), get("/orders").header("authorization", token)).await;
    assert_eq!(response.status(), StatusCode::OK);
}
