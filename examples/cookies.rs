//! A browser application whose token is in a cookie, and what keeps other sites from using it.
//!
//! ```sh
//! cargo run --example cookies
//! ```
//!
//! No script can read the cookie, but the browser sends it by itself, also with requests that another
//! site makes it send. Two things stand against that, and both are needed:
//! - `SameSite=Lax`: other sites' forms and scripts do not send the cookie. Links do, so a GET must
//!   not change anything; and a subdomain, which may be somebody else's, is the same site.
//! - `CsrfLayer`: looks at `Sec-Fetch-Site`, or `Origin` of older browsers, and refuses what changes
//!   something and comes from elsewhere, a subdomain too.
//!
//! A proxy before the server must leave `Host` and `Origin` as they are.

use std::error::Error;
use std::time::SystemTime;

use axum::Router;
use axum::http::header::{AUTHORIZATION, HeaderMap, HeaderName, SET_COOKIE};
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, TokenSource};
use tokio::net::TcpListener;
use tower_http::csrf::CsrfLayer;

const CLIENT_ID: &str = "web-client";
/// `__Host-`: browsers take it only with `Secure`, `Path=/` and no `Domain`, so no subdomain sets it.
const COOKIE: &str = "__Host-access_token";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    let with_cookie = Router::new()
        .route("/me", get(me))
        .route("/orders", post(order))
        .layer(CognitoLayer::new(verifier.clone()).token_from([TokenSource::cookie(COOKIE)]));
    // The application signs in at Cognito and hands the token over once, where no cookie counts.
    let session = Router::new()
        .route("/session", post(sign_in).layer(CognitoLayer::new(verifier)).delete(sign_out));
    // Outermost: what comes from another site is refused before its token is looked at.
    Router::new().merge(with_cookie).merge(session).layer(CsrfLayer::new())
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.username().unwrap_or(claims.sub()))
}

async fn order(claims: CognitoClaims) -> String {
    format!("an order of {}\n", claims.sub())
}

type Cookie = [(HeaderName, String); 1];

/// The cookie ends with its token. Browsers take 4 kB at most: a token with many claims is longer.
async fn sign_in(claims: CognitoClaims, headers: HeaderMap) -> Cookie {
    let credentials = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = credentials.and_then(|value| value.rsplit(' ').next()).unwrap_or_default();
    let lifetime = claims.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
    cookie(token, lifetime.as_secs())
}

async fn sign_out() -> Cookie {
    cookie("", 0)
}

fn cookie(token: &str, seconds: u64) -> Cookie {
    let attributes = "Path=/; Secure; HttpOnly; SameSite=Lax";
    [(SET_COOKIE, format!("{COOKIE}={token}; Max-Age={seconds}; {attributes}"))]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("# 200, and the cookie");
    println!("curl -i -X POST {url}/session -H \"Authorization: Bearer $TOKEN\"");
    println!("# 200, by the cookie");
    println!("curl -i {url}/me -H \"Cookie: {COOKIE}=$TOKEN\"");
    println!("# 200 from the application's own page, 403 from another site's");
    let order = format!("curl -i -X POST {url}/orders -H \"Cookie: {COOKIE}=$TOKEN\"");
    println!("{order} -H \"Sec-Fetch-Site: same-origin\"");
    println!("{order} -H \"Sec-Fetch-Site: cross-site\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
