//! An API for a browser application on another origin: CORS outside, tokens inside.
//!
//! ```sh
//! cargo run --example cors
//! ```
//!
//! Before a request with `Authorization` the browser asks for permission, by a preflight request that
//! carries no token. So the CORS layer is the outermost and answers it; inside the token's layer
//! every preflight would get 401. From there it also marks the refusals: without
//! `Access-Control-Allow-Origin` on a 401 a script sees a network error, and no reason to renew its
//! token.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method};
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier};
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

const CLIENT_ID: &str = "web-client";
/// Where the application is served from. Scheme, host and port, as browsers write them.
const ORIGIN: HeaderValue = HeaderValue::from_static("https://app.example.com");

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(ORIGIN)
        .allow_methods([Method::GET, Method::POST])
        // By name: `*` would not cover `Authorization`.
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        // What a script may read of an answer: why it was refused, and when to come again.
        .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER])
        .max_age(Duration::from_secs(3600));
    Router::new()
        .route("/me", get(me))
        .layer(CognitoLayer::new(verifier))
        // The last layer is the outermost.
        .layer(cors)
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.username().unwrap_or(claims.sub()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let request =
        format!("http://{}/me -H 'Origin: https://app.example.com'", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("TOKEN={}\nEXPIRED={}", alice().sign(), alice().expired().sign());
    println!("# 200: the preflight, without a token");
    let asked = "-H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: authorization'";
    println!("curl -i -X OPTIONS {request} {asked}");
    println!("# 200, then 401; both with access-control-allow-origin");
    println!("curl -i {request} -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -i {request} -H \"Authorization: Bearer $EXPIRED\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
