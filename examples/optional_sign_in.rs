//! A page for everybody that knows who is signed in, and beside it a route that needs a sign-in.
//!
//! ```sh
//! cargo run --example optional_sign_in
//! ```
//!
//! No token means nobody is signed in. A bad token is refused all the same: the client believes that
//! its user is signed in, and has to learn that it must renew the token.

use std::error::Error;

use axum::Router;
use axum::http::header::{HeaderName, VARY};
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "shop-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/basket", get(basket))
        .layer(CognitoLayer::new(verifier).optional())
}

/// `Option`: `None` is nobody. `Vary` tells caches that the page depends on who asks.
async fn home(claims: Option<CognitoClaims>) -> ([(HeaderName, &'static str); 1], String) {
    let visitor = claims.as_ref().and_then(CognitoClaims::username).unwrap_or("whoever you are");
    ([(VARY, "authorization")], format!("welcome, {visitor}\n"))
}

/// Without `Option`: behind an optional layer too, a request without a token gets 401.
async fn basket(claims: CognitoClaims) -> String {
    format!("the basket of {}\n", claims.sub())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("TOKEN={}\nEXPIRED={}", alice().sign(), alice().expired().sign());
    println!("# 200: welcome, whoever you are; then welcome, alice");
    println!("curl -i {url}/");
    println!("curl -i {url}/ -H \"Authorization: Bearer $TOKEN\"");
    println!("# 401 for a bad token, where none would do");
    println!("curl -i {url}/ -H \"Authorization: Bearer $EXPIRED\"");
    println!("# 401, then 200");
    println!("curl -i {url}/basket");
    println!("curl -i {url}/basket -H \"Authorization: Bearer $TOKEN\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
