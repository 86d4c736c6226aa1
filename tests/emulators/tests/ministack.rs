//! Tokens of MiniStack, machine tokens and those of the hosted page too.

use axum_cognito::RenewError;
use emulators::{Pool, Server, hosted_page, token_endpoint::machine_token};
use serde_json::{Value, json};

emulators::test_signer!(
    emulators::MINISTACK,
    an_expired_token_is_refused,
    an_unverified_email_is_read_in_the_handler,
);

/// An app client with these settings, of a pool with the scopes `orders/read` and `orders/write`.
async fn oauth_client(pool: &Pool<'_>, settings: Value) -> Value {
    let scopes =
        ["read", "write"].map(|name| json!({ "ScopeName": name, "ScopeDescription": name }));
    let server = json!({ "Identifier": "orders", "Name": "orders", "Scopes": scopes });
    pool.call("CreateResourceServer", server).await;
    pool.create_client(settings).await
}

async fn machine_client(pool: &Pool<'_>) -> Value {
    let settings = json!({
        "GenerateSecret": true,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["orders/read", "orders/write"],
    });
    oauth_client(pool, settings).await
}

async fn browser_client(pool: &Pool<'_>) -> String {
    let settings = json!({
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["openid", "email", "orders/read"],
        "CallbackURLs": [hosted_page::CALLBACK],
        "SupportedIdentityProviders": ["COGNITO"],
    });
    let client = oauth_client(pool, settings).await;
    client["ClientId"].as_str().expect("a client has an id").to_owned()
}

#[tokio::test]
async fn a_machine_token_is_accepted_with_its_scope() {
    let pool = Pool::create(emulator()).await;
    let client = machine_client(&pool).await;
    let id = client["ClientId"].as_str().expect("a client has an id");
    let server = Server::start(pool.trusted(), &[id]).await;
    let token = machine_token(emulator(), &client, "orders/read").await;
    let claims = server.get("/access", &token).await.accepted();
    assert_eq!(claims["machine"], true);
    assert_eq!(claims["scopes"], json!(["orders/read"]));
    assert_eq!(claims["sub"], id);
    assert_eq!(claims["username"], Value::Null);
}

#[tokio::test]
async fn a_machine_token_is_refused_on_the_id_route() {
    let pool = Pool::create(emulator()).await;
    let client = machine_client(&pool).await;
    let id = client["ClientId"].as_str().expect("a client has an id");
    let server = Server::start(pool.trusted(), &[id]).await;
    let token = machine_token(emulator(), &client, "orders/read").await;
    server.get("/id", &token).await.refused_for("not an ID token");
}

#[tokio::test]
async fn an_access_token_of_the_hosted_page_is_accepted_with_its_scopes() {
    let pool = Pool::create(emulator()).await;
    let client = browser_client(&pool).await;
    let server = Server::start(pool.trusted(), &[&client]).await;
    let tokens = hosted_page::sign_in(emulator(), &client, "openid email orders/read", "n-1").await;
    let claims = server.get("/access", &tokens.access).await.accepted();
    let mut scopes: Vec<_> = claims["scopes"].as_array().expect("there are scopes").clone();
    scopes.sort_by_key(ToString::to_string);
    assert_eq!(scopes, ["email", "openid", "orders/read"]);
    assert_eq!(claims["username"], Pool::USERNAME);
    assert_eq!(claims["machine"], false);
}

#[tokio::test]
async fn an_id_token_of_the_hosted_page_is_accepted_with_its_nonce() {
    let pool = Pool::create(emulator()).await;
    let client = browser_client(&pool).await;
    let server = Server::start(pool.trusted(), &[&client]).await;
    let tokens = hosted_page::sign_in(emulator(), &client, "openid email", "n-0S6_WzA2Mj").await;
    let claims = server.get("/id", &tokens.id).await.accepted();
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["username"], Pool::USERNAME);
}

#[tokio::test]
async fn a_refresh_token_of_the_hosted_page_is_refused() {
    let pool = Pool::create(emulator()).await;
    let client = browser_client(&pool).await;
    let server = Server::start(pool.trusted(), &[&client]).await;
    let tokens = hosted_page::sign_in(emulator(), &client, "openid email", "n-1").await;
    server.get("/any", &tokens.refresh).await.refused_for("refresh token");
}

#[tokio::test]
async fn an_app_client_signs_in_by_a_code_and_renews_at_the_domain() {
    let pool = Pool::create(emulator()).await;
    let client = browser_client(&pool).await;
    let app_client = emulator().app_client(&pool, &client).domain(emulator().domain());
    let app_client = app_client.build().expect("settings that can be");
    let code = hosted_page::code(emulator(), &client, "openid email", "n-1").await;
    let exchange =
        async |verifier| app_client.exchange_code(&code, hosted_page::CALLBACK, verifier).await;
    let wrong = exchange("another-verifier-than-that-of-the-challenge").await;
    assert_eq!(wrong.err(), Some(RenewError::Ended));
    let first = exchange(hosted_page::VERIFIER).await.expect("tokens");
    assert_eq!(first.id_claims().expect("an ID token").nonce(), Some("n-1"));
    let second = app_client.renew(first.refresh_token()).await.expect("tokens");
    assert_eq!(second.access_claims().sub(), first.access_claims().sub());
    assert_ne!(second.access_token(), first.access_token());
    assert!(!second.is_rotated(), "MiniStack rotates nothing");
    // It has no `/oauth2/revoke`, which is no reason to end a session.
    assert_eq!(app_client.revoke(first.refresh_token()).await, Err(RenewError::Misconfigured));
    assert_eq!(app_client.renew("never-issued").await.err(), Some(RenewError::Ended));
}

#[tokio::test]
async fn an_app_client_renews_by_the_api_until_its_token_is_revoked() {
    let pool = Pool::create(emulator()).await;
    let tokens = pool.sign_in().await;
    let app_client = || emulator().app_client(&pool, &pool.client).build();
    let app_client = app_client().expect("settings that can be");
    let renewed = app_client.renew(&tokens.refresh).await.expect("tokens");
    assert_eq!(renewed.access_claims().username(), Some(Pool::USERNAME));
    assert_eq!(app_client.is_signed_in(renewed.access_token()).await, Ok(true));
    app_client.revoke(&tokens.refresh).await.expect("it is revoked");
    assert_eq!(app_client.renew(&tokens.refresh).await.err(), Some(RenewError::Ended));
}

#[tokio::test]
async fn an_app_client_with_a_wrong_secret_ends_no_session() {
    let pool = Pool::create(emulator()).await;
    let client = pool.create_client(json!({ "GenerateSecret": true })).await;
    let id = client["ClientId"].as_str().expect("a client has an id");
    let tokens = emulators::cognito::sign_in(emulator(), id, Pool::USERNAME, Pool::PASSWORD).await;
    let secret = client["ClientSecret"].as_str().expect("a client with a secret");
    let renew = async |secret: &str| {
        let app_client = emulator().app_client(&pool, id).secret(secret);
        let app_client = app_client.domain(emulator().domain()).build();
        app_client.expect("settings that can be").renew(&tokens.refresh).await
    };
    assert_eq!(renew("another").await.err(), Some(RenewError::Misconfigured));
    renew(secret).await.expect("tokens");
}
