//! An API on AWS Lambda, behind an API Gateway HTTP API or a function URL.
//!
//! ```sh
//! cargo run -p integrations --example lambda
//! ```
//!
//! On a machine without Lambda it sends two events through the application and prints the answers.
//!
//! Lambda freezes the process between requests, and a timer with it: so no `spawn_refresh`. Keys are
//! fetched while the function starts, and refreshed by requests. How old they are is read off the
//! wall clock, so keys that slept through an hour are looked at again before they are used.

use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier};
use lambda_http::Error;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const CLIENT_ID: &str = "web-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new().route("/me", get(me)).layer(CognitoLayer::new(verifier))
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.username().unwrap_or(claims.sub()))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return try_locally().await;
    }
    tracing_subscriber::fmt().without_time().init();
    let verifier = CognitoVerifier::from_env()?;
    // So that the first request does not wait. The function starts without keys too: then that
    // request asks for them again.
    if let Err(error) = verifier.prefetch().await {
        tracing::warn!(%error, "the first request will wait for the keys");
    }
    lambda_http::run(app(verifier)).await
}

async fn try_locally() -> Result<(), Error> {
    let pool = TestPool::offline();
    let app = app(pool.verifier(CLIENT_ID));
    let token = pool.access_token("alice").client_id(CLIENT_ID).sign();
    for headers in [json!({ "authorization": format!("Bearer {token}") }), json!({})] {
        let request = lambda_http::request::from_str(&event("/me", &headers).to_string())?;
        let response = app.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 * 1024).await?;
        println!("{}: {}", parts.status, String::from_utf8_lossy(&body).trim_end());
    }
    Ok(())
}

/// A GET request as API Gateway and function URLs tell it to a function (payload format 2.0).
pub(crate) fn event(path: &str, headers: &Value) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl/8",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_795_435_200_000_u64,
        },
        "isBase64Encoded": false,
    })
}
