//! One API for many tenants: large ones with a user pool of their own, small ones in a shared pool.
//!
//! ```sh
//! cargo run --example tenants
//! ```
//!
//! A pool of its own names its tenant by its id, whatever its tokens claim: who runs that pool must
//! not become another tenant. In the shared pool the claim `custom:tenant` does. Two settings of
//! that pool matter: no app client may write the attribute, or users would choose their tenant; and
//! as attributes are in ID tokens alone, a pre-token-generation trigger copies it to access tokens.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "saas-client";

/// Which pool belongs to which tenant; the shared pool is in none of the entries.
pub(crate) type TenantOfPool = Arc<HashMap<String, String>>;

pub(crate) fn app(verifier: CognitoVerifier, pools: TenantOfPool) -> Router {
    Router::new()
        .route("/tenants/{tenant}/orders", get(orders))
        .route_layer(from_fn_with_state(pools, own_tenant))
        .layer(CognitoLayer::new(verifier))
}

/// Lets a request through to the tenant that its token belongs to. For another one, and for one that
/// does not exist, 404: nobody learns the names of the other tenants.
async fn own_tenant(
    State(pools): State<TenantOfPool>,
    Path(tenant): Path<String>,
    claims: CognitoClaims,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let own = match pools.get(claims.user_pool_id()) {
        Some(tenant) => Some(tenant.clone()),
        // The claim is the pool's to set: of another type, it is as good as absent.
        None => claims.claim::<String>("custom:tenant").ok().flatten(),
    };
    if own.is_none_or(|own| own != tenant) {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(next.run(request).await)
}

async fn orders(Path(tenant): Path<String>, claims: CognitoClaims) -> String {
    format!("the orders of {tenant}, for {}\n", claims.sub())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: .trust(UserPool::new("eu-west-1_AbCdEfGhI")?, CLIENT_ID) for each pool;
    // CognitoVerifier::from_env()? is for one pool alone.
    let (shared, acme) = (TestPool::offline(), TestPool::offline());
    let verifier = CognitoVerifier::builder().trust(&shared, CLIENT_ID).trust(&acme, CLIENT_ID);
    let pools = HashMap::from([(acme.user_pool().id().to_owned(), "acme".to_owned())]);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/tenants", listener.local_addr()?);
    let alice = shared
        .access_token("alice")
        .client_id(CLIENT_ID)
        .added_by_trigger("custom:tenant", "bakery");
    println!("BAKERY={}", alice.sign());
    println!("ACME={}", acme.access_token("bob").client_id(CLIENT_ID).sign());
    println!("# 200, then 404 for another tenant");
    println!("curl -i {url}/bakery/orders -H \"Authorization: Bearer $BAKERY\"");
    println!("curl -i {url}/acme/orders -H \"Authorization: Bearer $BAKERY\"");
    println!("# 200, by the pool alone");
    println!("curl -i {url}/acme/orders -H \"Authorization: Bearer $ACME\"");
    Ok(axum::serve(listener, app(verifier.build()?, Arc::new(pools))).await?)
}
