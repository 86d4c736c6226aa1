//! What is refused, and why.

use std::time::Duration;

use serde_json::json;

use super::served;
use crate::{Emulator, Pool, Server, cognito::sign_in, tamper};

/// An ID token is not for an API.
pub async fn an_id_token_is_refused_on_the_access_route(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    server.get("/access", &tokens.id).await.refused_for("not an access token");
    server.get("/access/either", &tokens.id).await.refused_for("not an access token");
}

/// An access token says nothing about a person.
pub async fn an_access_token_is_refused_on_the_id_route(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    server.get("/id", &tokens.access).await.refused_for("not an ID token");
    server.get("/id/either", &tokens.access).await.refused_for("not an ID token");
}

/// A refresh token is refused on every route, and the refusal says what is wrong.
pub async fn a_refresh_token_is_refused_on_every_route(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    for path in ["/access", "/id", "/any"] {
        let answer = server.get(path, &tokens.refresh).await;
        answer.refused_for(emulator.signer().refresh_token_refusal);
    }
}

/// Another pool's token is refused, though its client is accepted: `iss` alone tells them apart.
pub async fn a_token_of_another_pool_is_refused(emulator: &Emulator) {
    let (ours, theirs) = (Pool::create(emulator).await, Pool::create(emulator).await);
    let server = Server::start(ours.trusted(), &[&ours.client, &theirs.client]).await;
    let tokens = theirs.sign_in().await;
    server.get("/access", &tokens.access).await.refused_for("issuer");
    server.get("/id", &tokens.id).await.refused_for("issuer");
}

/// Another client's token is refused, though its pool is trusted.
pub async fn a_token_of_another_client_is_refused(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let other = pool.create_password_client().await;
    let tokens = sign_in(emulator, &other, Pool::USERNAME, Pool::PASSWORD).await;
    server.get("/access", &tokens.access).await.refused_for("another client");
    server.get("/id", &tokens.id).await.refused_for("another client");
}

/// A changed byte in the header is noticed: here the pool has no such key.
pub async fn a_token_with_a_changed_header_is_refused(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    server.get("/access", &tamper::header(&tokens.access)).await.refused_for("signature");
}

/// A changed byte in the payload is noticed by the signature.
pub async fn a_token_with_a_changed_payload_is_refused(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    server.get("/access", &tamper::payload(&tokens.access)).await.refused_for("signature");
}

/// A changed byte in the signature is noticed.
pub async fn a_token_with_a_changed_signature_is_refused(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    server.get("/access", &tamper::signature(&tokens.access)).await.refused_for("signature");
}

/// A token is refused at its `exp`. For the signers that make one of a second's life.
pub async fn an_expired_token_is_refused(emulator: &Emulator) {
    let pool = Pool::create(emulator).await;
    let short =
        json!({ "AccessTokenValidity": 1, "TokenValidityUnits": { "AccessToken": "seconds" } });
    let client = pool.create_client(short).await;
    let client = client["ClientId"].as_str().expect("a client has an id");
    let server = Server::start(pool.trusted(), &[client]).await;
    let tokens = sign_in(emulator, client, Pool::USERNAME, Pool::PASSWORD).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    server.get("/access", &tokens.access).await.refused_for("expired");
}
