//! Routes that ask for scopes, groups, machines or users, each with its own answer.
//!
//! ```sh
//! cargo run --example scopes_and_groups
//! ```
//!
//! Scopes say what a client may do, groups say who a user is. A token from sign-in through the API,
//! rather than the hosted page, has none of your scopes: ask users for groups there.

use std::error::Error;

use axum::Router;
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{AccessClaims, CognitoLayer, CognitoVerifier, Require};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "orders-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    // A requirement for each method of a path: either scope may read, one alone may write.
    let read = get(list).route_layer(Require::any_scope(["orders/read", "orders/write"]));
    let write = post(create).route_layer(Require::scope("orders/write"));
    // One for all routes of a router; `and` asks for both.
    let admin = Router::new()
        .route("/admin/orders", get(list_all))
        .route_layer(Require::group("admins").and(Require::scope("orders/read")));
    // Whatever else the claims tell: here that no user stands behind the token.
    let machines =
        Router::new().route("/export", get(export)).route_layer(Require::when(|claims| {
            claims.as_access().is_some_and(AccessClaims::is_machine)
        }));
    Router::new()
        .route("/orders", read.merge(write))
        .merge(admin)
        .merge(machines)
        // Last, and so the outermost: it verifies before any of them asks.
        .layer(CognitoLayer::new(verifier))
}

async fn list(claims: AccessClaims) -> String {
    format!("the orders of {}\n", claims.sub())
}

async fn create(claims: AccessClaims) -> String {
    format!("an order of {}\n", claims.sub())
}

async fn list_all() -> &'static str {
    "the orders of everybody\n"
}

async fn export(claims: AccessClaims) -> String {
    format!("all orders, for the machine {}\n", claims.client_id())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    println!("READER={}", alice().scope("orders/read").sign());
    println!("ADMIN={}", alice().scope("orders/read").groups(["admins"]).sign());
    println!("MACHINE={}", pool.machine_token(CLIENT_ID).scope("orders/write").sign());
    println!("# 200, then 403 with the scope that is missing");
    println!("curl -i {url}/orders -H \"Authorization: Bearer $READER\"");
    println!("curl -i -X POST {url}/orders -H \"Authorization: Bearer $READER\"");
    println!("# 200, then 403: a group cannot be asked for, so there is no scope in the challenge");
    println!("curl -i {url}/admin/orders -H \"Authorization: Bearer $ADMIN\"");
    println!("curl -i {url}/admin/orders -H \"Authorization: Bearer $READER\"");
    println!("# 200, and 403 for a user");
    println!("curl -i {url}/export -H \"Authorization: Bearer $MACHINE\"");
    println!("curl -i {url}/export -H \"Authorization: Bearer $ADMIN\"");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
