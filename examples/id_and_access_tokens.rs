//! Access tokens on the routes of an API, ID tokens where an application asks who signed in.
//!
//! ```sh
//! cargo run --example id_and_access_tokens
//! ```
//!
//! One verifier for each kind, because an ID token must not open an API: it says who signed in, to
//! the application that asked, and not what its bearer may do. Both share the pool's keys.

use std::error::Error;

use axum::routing::{get, post};
use axum::{Json, Router};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoLayer, CognitoVerifier, ConfigError, IdClaims, JwksCache, TokenUse,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "web-client";

/// Each clone of the keys is the same cache: one fetch serves both verifiers.
pub(crate) fn app(keys: &JwksCache) -> Result<Router, ConfigError> {
    let verifier = |token_use| {
        let builder = CognitoVerifier::builder().trust(keys.clone(), CLIENT_ID);
        builder.token_use(token_use).build()
    };
    let api = Router::new()
        .route("/orders", get(orders))
        .layer(CognitoLayer::new(verifier(TokenUse::Access)?));
    let sign_in = Router::new()
        .route("/profile", post(profile))
        .layer(CognitoLayer::new(verifier(TokenUse::Id)?));
    Ok(api.merge(sign_in))
}

async fn orders(claims: AccessClaims) -> String {
    format!("the orders of {}, by the scopes {:?}\n", claims.sub(), claims.scopes())
}

/// Creates or updates what the application knows of the user. An address that nobody has verified
/// must not be what accounts are linked by.
async fn profile(claims: IdClaims) -> Json<Value> {
    let email = claims.email().filter(|_| claims.email_verified());
    let providers = claims.identities().iter().filter_map(|identity| identity.provider_name());
    Json(json!({
        "id": claims.sub(),
        "email": email,
        "providers": providers.collect::<Vec<_>>(),
    }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production the keys come from JwksCache::new(UserPool::new("eu-west-1_AbCdEfGhI")?)?.
    // An application that needs one kind alone sets COGNITO_TOKEN_USE for CognitoVerifier::from_env().
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("ACCESS={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("ID={}", pool.id_token("alice").client_id(CLIENT_ID).sign());
    println!("# 200 for the access token, 401 for the ID token");
    println!("curl -i {url}/orders -H \"Authorization: Bearer $ACCESS\"");
    println!("curl -i {url}/orders -H \"Authorization: Bearer $ID\"");
    println!("# 200 for the ID token, 401 for the access token");
    println!("curl -i -X POST {url}/profile -H \"Authorization: Bearer $ID\"");
    println!("curl -i -X POST {url}/profile -H \"Authorization: Bearer $ACCESS\"");
    Ok(axum::serve(listener, app(&pool.keys())?).await?)
}
