//! What is accepted.

use super::served;
use crate::{Emulator, Pool, cognito::refresh, program};

/// The handler reads from an access token who signed in, with which client, to which pool.
pub async fn an_access_token_is_accepted_on_the_access_route(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let claims = server.get("/access", &tokens.access).await.accepted();
    assert_eq!(claims["username"], Pool::USERNAME);
    assert!(claims["sub"].as_str().is_some_and(|sub| !sub.is_empty()));
    assert_eq!(claims["client_id"], pool.client);
    assert_eq!(claims["user_pool_id"], pool.id);
    assert_eq!(claims["machine"], false);
}

/// The handler reads from an ID token who signed in; `sub` is that of the access token.
pub async fn an_id_token_is_accepted_on_the_id_route(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let claims = server.get("/id", &tokens.id).await.accepted();
    let access = server.get("/access", &tokens.access).await.accepted();
    assert_eq!(claims["username"], Pool::USERNAME);
    assert_eq!(claims["client_id"], pool.client);
    assert_eq!(claims["sub"], access["sub"]);
}

/// A route for both kinds takes both.
pub async fn both_kinds_are_accepted_where_any_is(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    for token in [&tokens.access, &tokens.id] {
        let claims = server.get("/any", token).await.accepted();
        assert_eq!(claims["username"], Pool::USERNAME);
    }
}

/// What a refresh token was exchanged for is as good as what a password was.
pub async fn a_refreshed_access_token_is_accepted(emulator: &Emulator) {
    let (pool, server) = served(emulator).await;
    let tokens = pool.sign_in().await;
    let tokens = refresh(emulator, &pool.client, &tokens.refresh).await;
    let claims = server.get("/access", &tokens.access).await.accepted();
    assert_eq!(claims["username"], Pool::USERNAME);
}

/// The environment is enough to verify an emulator's tokens with: `program` knows nothing else.
pub async fn a_program_that_its_environment_sets_up_accepts_an_access_token(
    emulator: &Emulator,
    program: &str,
) {
    let pool = Pool::create(emulator).await;
    let tokens = pool.sign_in().await;
    let output = program::run(program, emulator, &pool, &tokens.access);
    assert!(output.status.success(), "the token is accepted: {output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), Pool::USERNAME);
}
