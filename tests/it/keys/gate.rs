//! The gate before a fetch: a token that is refused anyway costs the JWKS endpoint nothing.

use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::testing::TestToken;
use axum_cognito::{
    CognitoVerifier, CognitoVerifierBuilder, JwksError, JwksRequest, JwksResponse, TokenUse,
    VerifyError,
};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);

/// What is said of a token with an unknown key, at once and without a fetch.
async fn refusal(token: TestToken) -> VerifyError {
    refusal_by(&Rig::of_age(MINUTE).await, &token.sign()).await
}

/// The same, from a verifier with other settings.
async fn refusal_with(
    settings: impl Fn(CognitoVerifierBuilder) -> CognitoVerifierBuilder,
    token: TestToken,
) -> VerifyError {
    let mut rig = Rig::of_age(MINUTE).await;
    let builder = CognitoVerifier::builder().trust(&rig.keys, "app").clock(POOL.clock());
    rig.verifier = settings(builder).build().unwrap();
    refusal_by(&rig, &token.sign()).await
}

async fn refusal_by(rig: &Rig, token: &str) -> VerifyError {
    let before = rig.endpoint.requests();
    let error = at_once(rig.judge(token)).0.unwrap_err();
    sleep(MINUTE).await;
    assert_eq!(rig.endpoint.requests(), before);
    error
}

fn in_ten_minutes() -> u64 {
    POOL.clock().now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600
}

/// The keys, if they are asked for where the pool has them.
async fn keys_of_the_pool_alone(request: JwksRequest) -> Result<JwksResponse, JwksError> {
    assert_eq!(request.url(), POOL.user_pool().jwks_url());
    answers::rotated_keys(request).await
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_in_order_costs_a_fetch() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.judge(&rotated_token().sign()).await.0.unwrap_err();
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_costs_no_fetch() {
    assert_eq!(refusal(rotated_token().expired()).await, VerifyError::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_valid_yet_costs_no_fetch() {
    let token = rotated_token().claim("nbf", in_ten_minutes());
    assert_eq!(refusal(token).await, VerifyError::NotYetValid);
}

#[tokio::test(start_paused = true)]
async fn a_token_from_the_future_costs_no_fetch() {
    let token = rotated_token().claim("iat", in_ten_minutes());
    assert_eq!(refusal(token).await, VerifyError::IssuedInFuture);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_too_old_costs_no_fetch() {
    let token = rotated_token().issued_ago(2 * MINUTE);
    let error = refusal_with(|builder| builder.max_token_age(MINUTE), token).await;
    assert_eq!(error, VerifyError::TooOld);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_foreign_issuer_costs_no_fetch() {
    let token = ROTATED.access_token("mallory").client_id("app");
    assert_eq!(refusal(token).await, VerifyError::Issuer);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_client_costs_no_fetch() {
    let token = rotated_token().client_id("another-app");
    assert_eq!(refusal(token).await, VerifyError::Client);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_other_kind_costs_no_fetch() {
    let token = POOL.id_token("alice").client_id("app").header("kid", "unknown");
    assert_eq!(refusal(token).await, VerifyError::TokenUse(TokenUse::Access));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_of_an_emulator_costs_no_fetch() {
    let token = rotated_token().claim("token_use", "refresh");
    assert_eq!(refusal(token).await, VerifyError::RefreshToken);
}

#[tokio::test(start_paused = true)]
async fn a_token_for_another_audience_costs_no_fetch() {
    let token = rotated_token().claim("aud", "https://other.example.com");
    let error = refusal_with(|builder| builder.audience("https://api.example.com"), token).await;
    assert_eq!(error, VerifyError::Audience);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_another_algorithm_costs_no_fetch() {
    let token = rotated_token().header("alg", "RS512");
    assert_eq!(refusal(token).await, VerifyError::Algorithm);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_a_claim_of_the_wrong_type_costs_no_fetch() {
    let token = rotated_token().claim("scope", ["a", "b"]);
    assert_eq!(refusal(token).await, VerifyError::Payload { claim: Some("scope") });
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_too_long_costs_no_fetch() {
    let token = rotated_token().claim("padding", "x".repeat(16 * 1024));
    assert_eq!(refusal(token).await, VerifyError::TooLong);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_a_kid_that_is_too_long_costs_no_fetch() {
    let token = rotated_token().header("kid", "k".repeat(129));
    assert_eq!(refusal(token).await, VerifyError::KeyId);
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_known_key_did_not_sign_it_costs_no_fetch() {
    let token = POOL.access_token("alice").client_id("app").signed_by(&ROTATED);
    assert_eq!(refusal(token).await, VerifyError::Signature);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_anyway_does_not_wait_for_the_first_keys() {
    let token = rotated_token().client_id("another-app").sign();
    assert_eq!(refusal_by(&Rig::empty(), &token).await, VerifyError::Client);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_anyway_does_not_refresh_keys_that_are_due() {
    let rig = Rig::of_age(6 * MINUTE).await;
    let token = token() + "=";
    assert_eq!(refusal_by(&rig, &token).await, VerifyError::Base64);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_to_the_pools_address_whatever_the_header_says() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(keys_of_the_pool_alone);
    let token = rotated_token().header("jku", "https://evil.example.com/jwks.json");
    assert_eq!(rig.judge(&token.sign()).await.0, Ok(()));
}
