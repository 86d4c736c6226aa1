//! The user on the span of each request, and the refusals in the log.
//!
//! ```sh
//! cargo run --example tracing_user
//! ```
//!
//! The span is made outside of the token's layer, so that refusals are in it too; the user is filled
//! in inside, once the token is verified. `sub` names a user without telling who that is: name and
//! e-mail address do not belong in a log.

use std::error::Error;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, Rejection};
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tracing::{Span, field};

const CLIENT_ID: &str = "orders-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(|request: &Request| {
            let (method, path) = (request.method(), request.uri().path());
            tracing::info_span!("request", %method, path, user = field::Empty)
        })
        .on_response(|response: &Response, latency: std::time::Duration, _: &Span| {
            let status = response.status().as_u16();
            // For the log alone: it says more than the client is told, and never the token.
            let refused = response.extensions().get::<Rejection>().map(field::display);
            tracing::info!(status, ?latency, refused, "answered");
        });
    Router::new()
        .route("/orders", get(orders))
        .layer(from_fn(record_user))
        .layer(CognitoLayer::new(verifier))
        .layer(trace)
}

async fn record_user(claims: CognitoClaims, request: Request, next: Next) -> Response {
    Span::current().record("user", claims.sub());
    next.run(request).await
}

async fn orders() -> &'static str {
    tracing::info!("reads the orders");
    "your orders\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("TOKEN={}\nEXPIRED={}", alice().sign(), alice().expired().sign());
    println!("# Two lines below with user=\"alice\"; then one with the reason of the refusal");
    println!("curl -i {url} -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -i {url} -H \"Authorization: Bearer $EXPIRED\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
