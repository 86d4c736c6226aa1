//! A verifier with the settings of the environment: each test starts itself as a process of its own.

use std::env;

use axum_cognito::CognitoVerifier;
use axum_cognito::testing::TestPool;
use tokio::process::Command;

/// Marks such a process, and holds the token that it is to verify.
const TOKEN: &str = "FROM_ENV_TEST_TOKEN";
const SAYS: &str = "the process says: ";

const POOL_ID: &str = "COGNITO_USER_POOL_ID";
const CLIENT_ID: &str = "COGNITO_CLIENT_ID";
const TOKEN_USE: &str = "COGNITO_TOKEN_USE";
const ENDPOINT: &str = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";

/// What a program with these variables says of a token; `None` in that very program.
async fn said(test: &str, token: &str, variables: &[(&str, &str)]) -> Option<String> {
    if let Ok(token) = env::var(TOKEN) {
        println!("{SAYS}{}", verify(&token).await);
        return None;
    }
    let mut command = Command::new(env::current_exe().expect("this program"));
    for name in [POOL_ID, CLIENT_ID, TOKEN_USE, ENDPOINT, "AWS_ENDPOINT_URL"] {
        command.env_remove(name);
    }
    let command = command
        .args([&format!("config::from_env::{test}"), "--exact", "--nocapture"])
        .env(TOKEN, token);
    let output = command.envs(variables.iter().copied()).output().await.expect("the process runs");
    let output = String::from_utf8(output.stdout).expect("text");
    let (_, said) = output.split_once(SAYS).expect("the process says something");
    Some(said.lines().next().unwrap_or_default().to_owned())
}

async fn verify(token: &str) -> String {
    let verifier = match CognitoVerifier::from_env() {
        Ok(verifier) => verifier,
        Err(error) => return error.to_string(),
    };
    let verified = verifier.verify(token).await;
    verified.map_or_else(
        |error| error.to_string(),
        |claims| format!("hello {}", claims.username().unwrap_or_default()),
    )
}

/// Where a pool's JWKS is served, as AWS names the address of an emulator.
fn endpoint(pool: &TestPool) -> String {
    let url = pool.user_pool().jwks_url().to_owned();
    let path = format!("/{}/.well-known/jwks.json", pool.user_pool().id());
    url.strip_suffix(&path).expect("the path of a pool's JWKS").to_owned()
}

#[tokio::test]
async fn the_environment_names_pool_clients_and_endpoint() {
    let pool = TestPool::start().await;
    let (user_pool, endpoint) = (pool.user_pool(), endpoint(&pool));
    let variables =
        [(POOL_ID, user_pool.id()), (CLIENT_ID, "one,test-client"), (ENDPOINT, &endpoint)];
    let test = "the_environment_names_pool_clients_and_endpoint";
    let Some(said) = said(test, &pool.access_token("alice").sign(), &variables).await else {
        return;
    };
    assert_eq!(said, "hello alice");
    assert_eq!(pool.jwks_requests(), 1);
}

#[tokio::test]
async fn the_environment_names_the_kind_of_token() {
    let pool = TestPool::start().await;
    let (user_pool, endpoint) = (pool.user_pool(), endpoint(&pool));
    let variables = [
        (POOL_ID, user_pool.id()),
        (CLIENT_ID, "test-client"),
        (TOKEN_USE, "id"),
        (ENDPOINT, &endpoint),
    ];
    let test = "the_environment_names_the_kind_of_token";
    let Some(said) = said(test, &pool.id_token("alice").sign(), &variables).await else { return };
    assert_eq!(said, "hello alice");
}

#[tokio::test]
async fn an_id_token_is_refused_where_the_environment_names_no_kind() {
    let pool = TestPool::offline();
    let user_pool = pool.user_pool();
    let variables = [(POOL_ID, user_pool.id()), (CLIENT_ID, "test-client")];
    let test = "an_id_token_is_refused_where_the_environment_names_no_kind";
    let Some(said) = said(test, &pool.id_token("alice").sign(), &variables).await else { return };
    assert_eq!(said, "the token is not of the accepted kind: `token_use` should be access");
}

#[tokio::test]
async fn an_id_token_is_refused_where_the_environment_names_access_tokens() {
    let pool = TestPool::offline();
    let user_pool = pool.user_pool();
    let client = (CLIENT_ID, "test-client");
    let variables = [(POOL_ID, user_pool.id()), client, (TOKEN_USE, "access")];
    let test = "an_id_token_is_refused_where_the_environment_names_access_tokens";
    let Some(said) = said(test, &pool.id_token("alice").sign(), &variables).await else { return };
    assert_eq!(said, "the token is not of the accepted kind: `token_use` should be access");
}

#[tokio::test]
async fn a_token_of_no_kind_is_refused_where_the_environment_names_any() {
    let pool = TestPool::offline();
    let user_pool = pool.user_pool();
    let client = (CLIENT_ID, "test-client");
    let variables = [(POOL_ID, user_pool.id()), client, (TOKEN_USE, "any")];
    let test = "a_token_of_no_kind_is_refused_where_the_environment_names_any";
    let token = pool.access_token("alice").claim("token_use", "other").sign();
    let Some(said) = said(test, &token, &variables).await else { return };
    assert_eq!(said, "the token is not of the accepted kind: `token_use` should be access or id");
}

#[tokio::test]
async fn a_variable_that_is_missing_is_named() {
    let test = "a_variable_that_is_missing_is_named";
    let Some(said) = said(test, "a.b.c", &[(CLIENT_ID, "test-client")]).await else { return };
    assert!(said.contains(POOL_ID) && said.contains("us-east-1_AbCdEfGhI"), "{said}");
}

#[tokio::test]
async fn an_endpoint_in_clear_on_another_host_is_refused() {
    let test = "an_endpoint_in_clear_on_another_host_is_refused";
    let pool = (POOL_ID, "us-east-1_AbCdEfGhI");
    let variables = [pool, (CLIENT_ID, "test-client"), (ENDPOINT, "http://cognito.internal")];
    let Some(said) = said(test, "a.b.c", &variables).await else { return };
    assert!(
        said.contains("`http://cognito.internal") && said.contains("COGNITO_DANGER_ALLOW_HTTP=1"),
        "{said}"
    );
}
