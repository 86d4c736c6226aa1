//! The answer to every kind of refusal, to the letter, over every transport.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use http::Response;
use serde_json::Value;

use crate::common::site::{METADATA, POOL, ask, header};

const CREDENTIALS: &str =
    "The credentials are malformed: they should be Bearer, a space and one token.";
const FORBIDDEN: &str = "The bearer of the token is not allowed to do this.";
const NO_SCOPE: &str = "The token does not have the scope that this needs.";
const NO_TOKEN: &str = "This needs a token, and the request has none.";
const SET_UP: &str = "The server is not set up to verify tokens here.";
const SIGNATURE: &str = "The signature of the token is not accepted.";
const NOT_ACCESS: &str = "The token is not an access token: send the access token.";
const NOT_ID: &str = "The token is not an ID token: send the ID token.";
const REFRESH: &str =
    "The token is a refresh token: exchange it at Cognito for an access token, and send that.";

/// A refusal without a token.
async fn without_token(path: &str, lines: &[&str]) {
    let challenge = format!("Bearer realm=\"orders\", resource_metadata=\"{METADATA}\"");
    for answer in ask(path, lines, 401, ["missing_token", NO_TOKEN]).await {
        assert_eq!(header(&answer, "www-authenticate"), Some(&*challenge));
    }
}

/// A refusal whose challenge repeats what the body says, with `scope` behind.
async fn challenged<V: AsRef<[u8]>>(
    path: &str,
    lines: &[V],
    status: u16,
    said: [&str; 2],
    scope: &str,
) {
    let [error, description] = said;
    let challenge = format!(
        "Bearer realm=\"orders\", error=\"{error}\", error_description=\"{description}\"{scope}, \
         resource_metadata=\"{METADATA}\""
    );
    for answer in ask(path, lines, status, said).await {
        assert_eq!(header(&answer, "www-authenticate"), Some(&*challenge));
    }
}

/// A refusal without a challenge.
async fn unchallenged(
    path: &str,
    lines: &[String],
    status: u16,
    said: [&str; 2],
) -> [Response<Value>; 3] {
    let answers = ask(path, lines, status, said).await;
    for answer in &answers {
        assert_eq!(header(answer, "www-authenticate"), None);
    }
    answers
}

async fn malformed<V: AsRef<[u8]>>(lines: &[V], description: &str) {
    challenged("/", lines, 400, ["invalid_request", description], "").await;
}

async fn invalid_at(path: &str, token: String, description: &str) {
    let lines = [format!("Bearer {token}")];
    challenged(path, &lines, 401, ["invalid_token", description], "").await;
}

async fn invalid(token: impl Into<String>, description: &str) {
    invalid_at("/", token.into(), description).await;
}

async fn forbidden(path: &str, description: &str, scope: &str) {
    let said = ["insufficient_scope", description];
    challenged(path, &[alice()], 403, said, scope).await;
}

fn alice() -> String {
    format!("Bearer {}", POOL.access_token("alice").sign())
}

#[tokio::test]
async fn a_request_without_a_token_gets_a_challenge_without_a_code() {
    without_token("/", &[]).await;
}

#[tokio::test]
async fn claims_behind_an_optional_layer_get_the_same_challenge_without_a_token() {
    without_token("/optional", &[]).await;
}

#[tokio::test]
async fn a_requirement_behind_an_optional_layer_gets_the_same_challenge_without_a_token() {
    without_token("/optional-group", &[]).await;
}

#[tokio::test]
async fn another_scheme_gets_a_challenge_without_a_code() {
    without_token("/", &["Basic YWxpY2U6eA=="]).await;
}

#[tokio::test]
async fn two_authorization_headers_are_an_invalid_request() {
    malformed(&[alice(), alice()], "The request carries more than one token.").await;
}

#[tokio::test]
async fn malformed_credentials_are_an_invalid_request() {
    malformed(&["Bearer a b"], CREDENTIALS).await;
}

#[tokio::test]
async fn credentials_that_are_not_ascii_are_an_invalid_request() {
    malformed(&[b"Bearer \xc3\xa9"], CREDENTIALS).await;
}

#[tokio::test]
async fn a_malformed_token_is_said_to_be_malformed() {
    invalid("a.b.c", "The token is malformed.").await;
}

#[tokio::test]
async fn an_expired_token_is_told_from_the_rest() {
    invalid(POOL.access_token("alice").expired().sign(), "The token has expired.").await;
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_said_to_be_so() {
    let token = POOL.access_token("alice").claim("nbf", 4_000_000_000_u64).sign();
    invalid(token, "The token is not valid yet.").await;
}

#[tokio::test]
async fn a_token_that_is_too_old_is_said_to_be_so() {
    let token = POOL.access_token("alice").issued_ago(Duration::from_secs(9000)).sign();
    invalid(token, "The token is too old: sign in again or renew it.").await;
}

#[tokio::test]
async fn a_wrong_signature_is_an_invalid_token() {
    let token = POOL.access_token("alice").signed_by(&TestPool::offline()).sign();
    invalid(token, SIGNATURE).await;
}

#[tokio::test]
async fn an_unknown_key_reads_as_a_wrong_signature() {
    invalid(POOL.access_token("alice").header("kid", "unknown").sign(), SIGNATURE).await;
}

#[tokio::test]
async fn another_algorithm_reads_as_a_wrong_signature() {
    invalid(POOL.access_token("alice").header("alg", "HS256").sign(), SIGNATURE).await;
}

#[tokio::test]
async fn another_issuer_is_an_invalid_token() {
    let token = POOL.access_token("alice").claim("iss", "https://accounts.example.com").sign();
    invalid(token, "The token comes from an issuer that is not accepted here.").await;
}

#[tokio::test]
async fn another_client_is_an_invalid_token() {
    let token = POOL.access_token("alice").client_id("another").sign();
    invalid(token, "The token was made for another client.").await;
}

#[tokio::test]
async fn an_id_token_instead_of_an_access_token_is_an_invalid_token() {
    invalid(POOL.id_token("alice").sign(), NOT_ACCESS).await;
}

#[tokio::test]
async fn an_access_token_instead_of_an_id_token_is_an_invalid_token() {
    invalid_at("/only-id", POOL.access_token("alice").sign(), NOT_ID).await;
}

#[tokio::test]
async fn an_id_token_for_access_claims_is_an_invalid_token() {
    invalid_at("/access", POOL.id_token("alice").sign(), NOT_ACCESS).await;
}

#[tokio::test]
async fn an_access_token_for_id_claims_is_an_invalid_token() {
    invalid_at("/id", POOL.access_token("alice").sign(), NOT_ID).await;
}

#[tokio::test]
async fn a_token_of_no_known_use_is_an_invalid_token() {
    let token = POOL.access_token("alice").claim("token_use", "device").sign();
    invalid_at("/access", token, "The token is neither an access token nor an ID token.").await;
}

#[tokio::test]
async fn a_refresh_token_gets_a_sentence_of_its_own() {
    invalid(POOL.refresh_token(), REFRESH).await;
}

#[tokio::test]
async fn a_signed_refresh_token_gets_the_same_sentence() {
    invalid(POOL.access_token("alice").claim("token_use", "refresh").sign(), REFRESH).await;
}

#[tokio::test]
async fn an_opaque_string_gets_a_sentence_of_its_own() {
    let description = "The token is not a JWT: a refresh token or an opaque string is not accepted \
                       here, send an access token.";
    invalid("c2VjcmV0", description).await;
}

#[tokio::test]
async fn a_check_of_the_application_refuses_without_its_reason() {
    invalid(POOL.access_token("mallory").sign(), "The token is not accepted here.").await;
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    forbidden("/scope", NO_SCOPE, ", scope=\"orders/read\"").await;
}

#[tokio::test]
async fn several_missing_scopes_are_all_named() {
    forbidden("/scopes", NO_SCOPE, ", scope=\"orders/read orders/write\"").await;
}

#[tokio::test]
async fn a_missing_group_is_forbidden_without_a_scope_to_ask_for() {
    forbidden("/group", FORBIDDEN, "").await;
}

#[tokio::test]
async fn an_unmet_predicate_is_forbidden_without_a_scope_to_ask_for() {
    forbidden("/predicate", FORBIDDEN, "").await;
}

#[tokio::test]
async fn keys_that_are_not_available_are_no_fault_of_the_token() {
    let said = [
        "temporarily_unavailable",
        "The keys to verify the token with are not available: try again later.",
    ];
    for answer in unchallenged("/out", &[alice()], 503, said).await {
        let seconds = header(&answer, "retry-after").map(str::parse::<u64>);
        assert!(matches!(seconds, Some(Ok(1..=5))), "{seconds:?}");
    }
}

#[tokio::test]
async fn claims_without_the_layer_are_no_fault_of_the_client() {
    unchallenged("/bare", &[alice()], 500, ["server_error", SET_UP]).await;
}

#[tokio::test]
async fn a_requirement_without_the_layer_is_no_fault_of_the_client() {
    unchallenged("/bare-group", &[], 500, ["server_error", SET_UP]).await;
}
