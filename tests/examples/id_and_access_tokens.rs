use axum::Router;
use axum::http::StatusCode;
use axum_cognito::testing::TestToken;

use crate::apps::id_and_access_tokens;
use crate::common::{POOL, bearer, get, post, send, status};

fn app() -> Router {
    id_and_access_tokens::app(&POOL.keys()).expect("settings that can be")
}

fn access() -> TestToken {
    POOL.access_token("alice").client_id("web-client")
}

fn id() -> TestToken {
    POOL.id_token("alice").client_id("web-client")
}

async fn profile(token: TestToken) -> serde_json::Value {
    let token = bearer(&token.sign());
    let response = send(&app(), post("/profile").header("authorization", token)).await;
    serde_json::from_str(response.body()).expect("JSON")
}

#[tokio::test]
async fn an_id_token_does_not_open_the_api() {
    assert_eq!(status(&app(), get("/orders"), id()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app(), get("/orders"), access()).await, StatusCode::OK);
}

#[tokio::test]
async fn an_access_token_signs_nobody_in() {
    assert_eq!(status(&app(), post("/profile"), access()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app(), post("/profile"), id()).await, StatusCode::OK);
}

#[tokio::test]
async fn the_profile_has_what_the_id_token_says() {
    let identities = serde_json::json!([{ "userId": "1", "providerName": "Google" }]);
    let profile = profile(id().claim("identities", identities)).await;
    assert_eq!(profile["id"], POOL.sub_of("alice"));
    assert_eq!(profile["email"], "alice@example.com");
    assert_eq!(profile["providers"][0], "Google");
}

#[tokio::test]
async fn an_address_that_nobody_has_verified_is_left_out() {
    let profile = profile(id().claim("email_verified", false)).await;
    assert_eq!(profile["email"], serde_json::Value::Null);
}
