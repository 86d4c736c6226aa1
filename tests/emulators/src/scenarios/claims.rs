//! What a handler reads.

use serde_json::json;

use super::served;
use crate::{Emulator, Pool, cognito::sign_in};

/// The handler reads the user's groups, in both kinds of token.
pub async fn groups_are_read_in_the_handler(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let access = server.get("/access", &tokens.access).await.accepted();
    let id = server.get("/id", &tokens.id).await.accepted();
    assert_eq!(access["groups"], json!([Pool::GROUP]));
    assert_eq!(id["groups"], json!([Pool::GROUP]));
}

/// A user of no group has none, where the claim is absent.
pub async fn a_user_without_groups_has_none(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    pool.create_user("bob", "bob@example.com", true).await;
    let tokens = sign_in(emulator, &pool.client, "bob", Pool::PASSWORD).await;
    let access = server.get("/access", &tokens.access).await.accepted();
    assert_eq!(access["groups"], json!([]));
}

/// Sign-in through the API gives one scope.
pub async fn the_scope_of_an_api_sign_in_is_read_in_the_handler(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let access = server.get("/access", &tokens.access).await.accepted();
    assert_eq!(access["scopes"], json!(["aws.cognito.signin.user.admin"]));
}

/// The handler reads an attribute of the pool's own by its name.
pub async fn a_custom_attribute_is_read_in_the_handler(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let claims = server.get("/id", &tokens.id).await.accepted();
    assert_eq!(claims["tenant"], Pool::TENANT);
}

/// The handler reads whether the address is verified, be it a bool or a string in the token.
pub async fn a_verified_email_is_read_in_the_handler(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let claims = server.get("/id", &tokens.id).await.accepted();
    assert_eq!(claims["email"], Pool::EMAIL);
    assert_eq!(claims["email_verified"], true);
}

/// An address that is not verified reads so. For the signers that tell.
pub async fn an_unverified_email_is_read_in_the_handler(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    pool.create_user("bob", "bob@example.com", false).await;
    let tokens = sign_in(emulator, &pool.client, "bob", Pool::PASSWORD).await;
    let claims = server.get("/id", &tokens.id).await.accepted();
    assert_eq!(claims["email_verified"], false);
}
