use axum::Router;
use axum::http::StatusCode;
use axum_cognito::testing::{TestPool, TestToken};
use serde_json::Value;

use crate::apps::mcp;
use crate::common::{bearer, get, header, post, send};

const URL: &str = "http://127.0.0.1:3000";

async fn pool_and_app() -> (TestPool, Router) {
    let pool = TestPool::start().await;
    let app = mcp::app(URL, pool.user_pool(), "mcp-client").expect("a good resource");
    (pool, app)
}

/// A token that the pool bound to the server, with the scope that the server asks for.
fn bound(pool: &TestPool) -> TestToken {
    let token = pool.access_token("alice").client_id("mcp-client").claim("aud", URL);
    token.scope(&format!("{URL}/tools"))
}

async fn ask(app: &Router, token: TestToken) -> StatusCode {
    let request = post("/mcp").header("authorization", bearer(&token.sign()));
    send(app, request).await.status()
}

#[tokio::test]
async fn the_first_refusal_names_where_the_metadata_are_served() {
    let (pool, app) = pool_and_app().await;
    let response = send(&app, post("/mcp")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let (_, behind) =
        header(&response, "www-authenticate").split_once("resource_metadata=\"").expect("a URL");
    let path = behind.trim_end_matches('"').strip_prefix(URL).expect("a URL of the server");
    let metadata = send(&app, get(path)).await;
    let metadata: Value = serde_json::from_str(metadata.body()).expect("JSON");
    assert_eq!(metadata["resource"], URL);
    assert_eq!(metadata["authorization_servers"][0], pool.user_pool().issuers()[0].as_str());
}

#[tokio::test]
async fn a_token_that_is_bound_to_the_server_is_accepted() {
    let (pool, app) = pool_and_app().await;
    // Without a message of the protocol the handler has nothing to answer.
    assert_eq!(ask(&app, bound(&pool)).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_token_that_is_bound_to_another_server_is_refused() {
    let (pool, app) = pool_and_app().await;
    let token = bound(&pool).claim("aud", "https://another.example.com");
    assert_eq!(ask(&app, token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_without_the_scope_is_forbidden() {
    let (pool, app) = pool_and_app().await;
    assert_eq!(ask(&app, bound(&pool).scope("openid")).await, StatusCode::FORBIDDEN);
}
