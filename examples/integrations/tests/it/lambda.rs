use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::Response;
use axum_cognito::testing::TestPool;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::apps::lambda;
use crate::common::{alice, bearer, verifier};

async fn invoke(app: Router, headers: &Value) -> Response {
    let event = lambda::event("/me", headers).to_string();
    let request = lambda_http::request::from_str(&event).expect("an event");
    app.oneshot(request).await.expect("a router never fails")
}

#[tokio::test]
async fn an_event_with_a_token_reaches_the_handler() {
    let headers = json!({ "authorization": bearer(&alice().sign()) });
    let response = invoke(lambda::app(verifier()), &headers).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = axum::body::to_bytes(response.into_body(), 1024).await.expect("a short body");
    assert_eq!(body, "you are alice\n");
}

#[tokio::test]
async fn an_event_without_a_token_is_refused() {
    let response = invoke(lambda::app(verifier()), &json!({})).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key(WWW_AUTHENTICATE));
}

#[tokio::test]
async fn two_authorization_headers_that_the_gateway_joined_are_refused() {
    let token = bearer(&alice().sign());
    let headers = json!({ "authorization": format!("{token},{token}") });
    let response = invoke(lambda::app(verifier()), &headers).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn keys_that_slept_through_an_hour_are_looked_at_before_they_are_used() {
    let pool = TestPool::offline();
    let app = lambda::app(pool.verifier("test-client"));
    let ask = async || {
        let headers = json!({ "authorization": bearer(&pool.access_token("alice").sign()) });
        invoke(app.clone(), &headers).await.status()
    };
    assert_eq!(ask().await, StatusCode::OK);
    assert_eq!(pool.jwks_requests(), 0);
    // As while the process is frozen: the wall clock alone goes on.
    pool.clock().advance(Duration::from_secs(2 * 3600));
    assert_eq!(ask().await, StatusCode::OK);
    assert_eq!(pool.jwks_requests(), 1);
}
