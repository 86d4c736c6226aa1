//! Refusals as problem details (RFC 9457), with the status and the challenge that they must have.
//!
//! ```sh
//! cargo run --example problem_json
//! ```
//!
//! The closure of `on_rejection` answers for the layer, for `Require` and for extractors alike. It
//! gives the body; the layer adds `WWW-Authenticate`, `Retry-After` and `Cache-Control` to it.

use std::error::Error;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoClaims, CognitoLayer, CognitoVerifier, Rejection, RejectionKind, Require,
};
use serde_json::json;
use tokio::net::TcpListener;

const CLIENT_ID: &str = "orders-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route_layer(Require::scope("orders/read"))
        .layer(CognitoLayer::new(verifier).on_rejection(|rejection| problem(&rejection)))
}

fn problem(rejection: &Rejection) -> Response {
    // What a client acts on has a type of its own; elsewhere the status says enough (§4.2.1).
    let (kind, title) = match rejection.kind() {
        RejectionKind::ExpiredToken => {
            ("https://api.example.com/problems/expired-token", "Renew the token")
        }
        RejectionKind::InsufficientScope => {
            ("https://api.example.com/problems/missing-scope", "Ask for another scope")
        }
        _ => ("about:blank", rejection.status().canonical_reason().unwrap_or_default()),
    };
    let details = json!({
        "type": kind,
        "title": title,
        "status": rejection.status().as_u16(),
        "detail": rejection.description(),
    });
    let content_type = [(CONTENT_TYPE, "application/problem+json")];
    (rejection.status(), content_type, Json(details)).into_response()
}

async fn orders(claims: CognitoClaims) -> String {
    format!("the orders of {}\n", claims.sub())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("TOKEN={}\nEXPIRED={}", alice().sign(), alice().expired().sign());
    println!("# 401 without a token, 401 for an expired one, 403 without the scope");
    println!("curl -i {url}");
    println!("curl -i {url} -H \"Authorization: Bearer $EXPIRED\"");
    println!("curl -i {url} -H \"Authorization: Bearer $TOKEN\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
