//! An API on 127.0.0.1:3000 whose OpenAPI document says how to sign in and what refusals look like.
//!
//! ```sh
//! cargo run -p integrations --example openapi
//! curl http://127.0.0.1:3000/openapi.json
//! ```
//!
//! The document names the security scheme `cognito`, and each operation that requires it has the
//! answers 400, 401, 403 and 503 of the layer. `PORT` chooses another port.

#![cfg_attr(
    not(test),
    expect(clippy::exhaustive_structs, reason = "`utoipa::path` makes one for each route")
)]

use std::error::Error;

use axum::routing::get;
use axum::{Json, Router};
use axum_cognito::testing::TestPool;
use axum_cognito::{AccessClaims, CognitoLayer, CognitoSecurity, CognitoVerifier, Require};
use tokio::net::TcpListener;
use utoipa::OpenApi;

const CLIENT_ID: &str = "openapi-client";

#[derive(OpenApi)]
#[openapi(
    info(title = "Orders", version = "1.0.0", license(name = "MIT", identifier = "MIT")),
    servers((url = "/")),
    paths(health, me, orders),
    modifiers(&CognitoSecurity)
)]
struct Api;

/// The routes behind this verifier, and the document that describes them.
pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    let document = Api::openapi();
    Router::new()
        .route("/orders", get(orders))
        .route_layer(Require::scope("orders/read"))
        .route("/me", get(me))
        .layer(CognitoLayer::new(verifier))
        .route("/health", get(health))
        .route("/openapi.json", get(async || Json(document)))
}

/// Open to everybody: no security, and no answer but its own.
#[utoipa::path(get, path = "/health", responses((status = 200, body = String)), security(()))]
async fn health() -> &'static str {
    "well"
}

#[utoipa::path(
    get,
    path = "/me",
    responses((status = 200, description = "The user's name.", body = String)),
    security(("cognito" = []))
)]
async fn me(claims: AccessClaims) -> String {
    claims.username().unwrap_or(claims.sub()).to_owned()
}

#[utoipa::path(
    get,
    path = "/orders",
    responses((status = 200, description = "The numbers of the orders.", body = Vec<u32>)),
    security(("cognito" = ["orders/read"]))
)]
async fn orders() -> Json<Vec<u32>> {
    Json(vec![1, 2, 3])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    // Lives as long as the server: its keys are fetched from it.
    let pool = TestPool::start().await;
    let token = pool.access_token("alice").client_id(CLIENT_ID).scope("orders/read").sign();
    println!("curl {url}/openapi.json");
    println!("curl -i {url}/orders -H 'Authorization: Bearer {token}'");
    println!("curl -i {url}/orders");
    println!("Listening on {url} until Ctrl-C.");
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("no signal handler: {error}");
        }
    };
    let app = app(pool.verifier(CLIENT_ID));
    Ok(axum::serve(listener, app).with_graceful_shutdown(interrupt).await?)
}
