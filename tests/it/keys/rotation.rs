//! A good answer replaces the key set; one that is not good changes nothing.

use std::future::ready;
use std::time::Duration;

use axum_cognito::{JwksError, JwksResponse, JwksState, VerifyError};
use serde_json::{Value, json};

use crate::common::answers;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);

/// The public key of the pool's access tokens, as it is or after a rotation.
fn access_key(jwks: &str, kid: &str) -> Value {
    let set: Value = serde_json::from_str(jwks).unwrap();
    set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap().clone()
}

fn key() -> Value {
    access_key(&POOL.jwks(), &POOL.access_key_id())
}

fn rotated_key() -> Value {
    access_key(&ROTATED.jwks(), &ROTATED.access_key_id())
}

/// The key after the rotation, under the `kid` of the one before.
fn changed_key() -> Value {
    let mut key = rotated_key();
    key["kid"] = POOL.access_key_id().into();
    key
}

/// Lets the endpoint answer with this text.
fn serve(rig: &Rig, body: &str) {
    let answer = JwksResponse::new(body);
    rig.endpoint.set(move |_| ready(Ok(answer.clone())));
}

/// The pool's keys of a minute ago, and then a refresh that brings these.
async fn refreshed_with(keys: impl IntoIterator<Item = Value>) -> Rig {
    let rig = Rig::of_age(MINUTE).await;
    let keys: Vec<_> = keys.into_iter().collect();
    serve(&rig, &json!({ "keys": keys }).to_string());
    rig.keys.refresh().await.unwrap();
    rig
}

/// The pool's keys of a minute ago, and then a refresh that brings this text and fails.
async fn failed_with(body: &str) -> (Rig, JwksError) {
    let rig = Rig::of_age(MINUTE).await;
    serve(&rig, body);
    let error = rig.keys.refresh().await.unwrap_err();
    (rig, error)
}

#[tokio::test(start_paused = true)]
async fn a_rotated_key_is_accepted_within_one_fetch_of_its_first_token() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_absent_a_moment_ago_is_not_remembered_as_absent() {
    let rig = Rig::of_age(MINUTE).await;
    let token = rotated_token().sign();
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::UnknownKey));
    rig.endpoint.set(answers::rotated_keys);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn keys_before_and_after_a_rotation_work_side_by_side() {
    let rig = refreshed_with([key(), rotated_key()]).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_removed_key_is_refused_after_the_next_good_fetch() {
    let rig = refreshed_with([rotated_key()]).await;
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn a_removed_key_is_refused_after_the_refresh_that_traffic_causes() {
    let rig = Rig::of_age(6 * MINUTE).await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_fails_removes_no_key() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_removed_key_that_comes_back_is_accepted_again() {
    let rig = refreshed_with([rotated_key()]).await;
    rig.endpoint.set(answers::keys);
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn another_key_under_the_same_kid_verifies_its_own_tokens() {
    let rig = refreshed_with([changed_key()]).await;
    let token = POOL.access_token("alice").client_id("app").signed_by(&ROTATED).sign();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn another_key_under_the_same_kid_refuses_the_tokens_of_the_one_before() {
    let rig = refreshed_with([changed_key()]).await;
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::Signature));
}

#[tokio::test(start_paused = true)]
async fn of_two_keys_with_one_kid_the_first_decides() {
    let rig = refreshed_with([key(), changed_key()]).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn of_two_keys_with_one_kid_a_first_that_is_not_usable_does_not_decide() {
    let mut encryption = changed_key();
    encryption["use"] = "enc".into();
    let rig = refreshed_with([encryption, key()]).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_bad_key_is_skipped_alone() {
    let rig = refreshed_with([json!({ "kty": "RSA" }), json!("?"), rotated_key()]).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_usable_key_changes_nothing() {
    let (rig, error) = failed_with(&json!({ "keys": [{ "kty": "EC" }] }).to_string()).await;
    assert_eq!(error, JwksError::NoUsableKey);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_any_key_changes_nothing() {
    let (rig, error) = failed_with(&json!({ "keys": [] }).to_string()).await;
    assert_eq!(error, JwksError::NoUsableKey);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_changes_nothing() {
    let (rig, error) = failed_with("<html>the proxy is sorry</html>").await;
    assert!(matches!(error, JwksError::Malformed { .. }));
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn truncated_keys_change_nothing() {
    let (rig, error) = failed_with(&ROTATED.jwks()[..500]).await;
    assert!(matches!(error, JwksError::Malformed { .. }));
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn more_than_64_keys_change_nothing() {
    let (rig, error) = failed_with(&json!({ "keys": vec![rotated_key(); 65] }).to_string()).await;
    assert_eq!(error, JwksError::TooManyKeys);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn more_than_64_kilobytes_change_nothing() {
    let padding = " ".repeat(64 * 1024);
    let (rig, error) = failed_with(&(ROTATED.jwks() + &padding)).await;
    assert_eq!(error, JwksError::TooLong);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn sixty_four_keys_are_taken() {
    let rig = refreshed_with(vec![rotated_key(); 64]).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    assert_eq!(rig.keys.status().key_ids(), [ROTATED.access_key_id()]);
}
