//! The member `reason` of the default response: a word for each cause.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, Require};
use http::{HeaderName, Request};
use serde_json::Value;
use tower::ServiceExt as _;

const CLIENT: &str = "client";

fn token(pool: &TestPool) -> TestToken {
    pool.access_token("alice").client_id(CLIENT)
}

fn app(pool: &TestPool) -> Router {
    let verifier = CognitoVerifier::builder()
        .trust(pool, CLIENT)
        .clock(pool.clock())
        .max_token_age(Duration::from_secs(1800))
        .check(|claims| if claims.sub() == "mallory" { Err("no".to_owned()) } else { Ok(()) })
        .build();
    let me = || get(async |_: CognitoClaims| "me");
    Router::new()
        .route("/scope", me().route_layer(Require::scope("orders/read")))
        .route("/group", me().route_layer(Require::group("admins")))
        .route("/recent", me().route_layer(Require::signed_in_within(Duration::from_secs(60))))
        .route("/", me())
        .layer(CognitoLayer::new(verifier.expect("valid settings")))
        .route("/bare", me())
}

async fn reason(app: Router, path: &str, authorization: &[String]) -> String {
    let mut request = Request::get(path);
    for value in authorization {
        request = request.header(HeaderName::from_static("authorization"), value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = app.oneshot(request).await.expect("a router never fails");
    let body = to_bytes(response.into_body(), 4096).await.expect("a short body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    body["reason"].as_str().expect("a reason").to_owned()
}

#[tokio::test]
async fn every_cause_has_a_reason_that_never_changes() {
    let pool = TestPool::offline();
    let other = TestPool::offline();
    let good = token(&pool).sign();
    let old = token(&pool).issued_ago(Duration::from_secs(2000));
    for (expected, path, token) in [
        ("malformed_credentials", "/", "two words".to_owned()),
        ("expired", "/", token(&pool).expired().sign()),
        ("too_old", "/", old.sign()),
        ("not_yet_valid", "/", token(&pool).claim("nbf", 4_000_000_000_u64).sign()),
        ("refresh_token", "/", pool.refresh_token()),
        ("not_a_jwt", "/", "opaque".to_owned()),
        ("malformed", "/", "a.b.c".to_owned()),
        ("invalid_signature", "/", token(&pool).signed_by(&other).sign()),
        ("wrong_issuer", "/", token(&other).sign()),
        ("wrong_token_use", "/", pool.id_token("alice").client_id(CLIENT).sign()),
        ("wrong_client", "/", pool.access_token("alice").client_id("another").sign()),
        ("wrong_audience", "/", token(&pool).claim("aud", "https://api.example.com").sign()),
        ("not_accepted", "/", token(&pool).claim("sub", "mallory").sign()),
        ("missing_scope", "/scope", good.clone()),
        ("forbidden", "/group", good.clone()),
        ("missing_layer", "/bare", good.clone()),
        (
            "insufficient_authentication",
            "/recent",
            token(&pool).issued_ago(Duration::from_secs(600)).sign(),
        ),
    ] {
        let credentials = [format!("Bearer {token}")];
        assert_eq!(reason(app(&pool), path, &credentials).await, expected);
    }
    assert_eq!(reason(app(&pool), "/", &[]).await, "missing_token");
    let two = [format!("Bearer {good}"), format!("Bearer {good}")];
    assert_eq!(reason(app(&pool), "/", &two).await, "multiple_tokens");
}

#[tokio::test(start_paused = true)]
async fn unavailable_keys_have_a_reason_of_their_own() {
    let pool = TestPool::start().await;
    pool.set_outage(true);
    let credentials = [format!("Bearer {}", token(&pool).sign())];
    assert_eq!(reason(app(&pool), "/", &credentials).await, "keys_unavailable");
}
