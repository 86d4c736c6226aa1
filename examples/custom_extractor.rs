//! A type of your own as a handler's argument, made of the claims that your pool adds.
//!
//! ```sh
//! cargo run --example custom_extractor
//! ```
//!
//! The handlers know a `Customer`, and nothing of tokens. A pre-token-generation trigger of the pool
//! puts `tenant` and `plan` into access tokens; without one only ID tokens have claims of your own.

use std::error::Error;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{AccessClaims, CognitoLayer, CognitoVerifier, Rejection};
use serde::Deserialize;
use tokio::net::TcpListener;

const CLIENT_ID: &str = "orders-client";

/// Who asks, by the claims of the token.
#[derive(Deserialize)]
pub(crate) struct Customer {
    #[serde(rename = "sub")]
    id: String,
    tenant: u64,
    #[serde(default)]
    plan: Plan,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Plan {
    #[default]
    Free,
    Business,
}

impl<S: Send + Sync> FromRequestParts<S> for Customer {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let claims = AccessClaims::from_request_parts(parts, state).await?;
        claims.deserialize().map_err(|error| {
            // The token is genuine, so it is the pool that leaves the claims out: the log's business,
            // and nothing that another token would mend.
            tracing::warn!(user = claims.sub(), %error, "a token without the claims of a customer");
            Rejection::forbidden()
        })
    }
}

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new().route("/orders", get(orders)).layer(CognitoLayer::new(verifier))
}

async fn orders(customer: Customer) -> String {
    let Customer { id, tenant, plan } = customer;
    format!("the orders of {id}, of tenant {tenant}, on the plan {plan:?}\n")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("CUSTOMER={}", alice().claim("tenant", 7).claim("plan", "business").sign());
    println!("OTHER={}", alice().sign());
    println!("# 200; 403 without the claims, and a line in this log; 401 without a token");
    println!("curl -i {url} -H \"Authorization: Bearer $CUSTOMER\"");
    println!("curl -i {url} -H \"Authorization: Bearer $OTHER\"");
    println!("curl -i {url}");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
