//! The smallest program: one route, and the name of who calls it.
//!
//! ```sh
//! cargo run --example hello
//! ```

use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer};

async fn me(claims: CognitoClaims) -> String {
    format!("hello, {}", claims.username().unwrap_or(claims.sub()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Your own pool: CognitoVerifier::new("us-east-1_AbCdEfGhI", "my-client-id")?
    let pool = TestPool::start().await;
    let app = Router::new().route("/me", get(me)).layer(CognitoLayer::new(pool.verifier("web")));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let token = pool.access_token("alice").client_id("web").sign();
    println!("curl http://127.0.0.1:3000/me -H 'Authorization: Bearer {token}'");
    Ok(axum::serve(listener, app).await?)
}
