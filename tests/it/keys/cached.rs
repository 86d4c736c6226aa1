//! What works without a fetch: `verify_cached`, and preloaded keys.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{ConfigError, JwksError, JwksState, VerifyError};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::pools::{POOL, keys_at, rotated_token, token, verifier};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);

/// What `verify_cached` says of a token; whatever it is, nothing may be fetched for it.
async fn judge_cached(rig: &Rig, token: &str) -> Result<(), VerifyError> {
    let before = rig.endpoint.requests();
    let verdict = rig.verifier.verify_cached(token).map(drop);
    sleep(MINUTE).await;
    assert_eq!(rig.endpoint.requests(), before);
    verdict
}

/// The pool's keys, preloaded.
fn preloaded() -> Rig {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).preload(&POOL.jwks()).build().unwrap();
    Rig { verifier: verifier(&keys), keys, ..rig }
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn verify_cached_answers_with_the_keys_at_hand() {
    let rig = Rig::of_age(MINUTE).await;
    assert_eq!(judge_cached(&rig, &token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn verify_cached_answers_a_token_that_was_verified_before() {
    let rig = Rig::of_age(MINUTE).await;
    let token = token();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    assert_eq!(judge_cached(&rig, &token).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn verify_cached_without_keys_fetches_none() {
    let verdict = judge_cached(&Rig::empty(), &token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn verify_cached_with_keys_that_are_due_fetches_no_newer_ones() {
    let rig = Rig::of_age(6 * MINUTE).await;
    assert_eq!(judge_cached(&rig, &token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn verify_cached_after_an_idle_hour_fetches_no_newer_keys() {
    let rig = Rig::of_age(61 * MINUTE).await;
    assert_eq!(judge_cached(&rig, &token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn verify_cached_does_not_fetch_an_unknown_key() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::rotated_keys);
    let verdict = judge_cached(&rig, &rotated_token().sign()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn verify_cached_does_not_use_dead_keys() {
    let rig = Rig::of_age(25 * 60 * MINUTE).await;
    let verdict = judge_cached(&rig, &token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn verify_cached_refuses_a_removed_key_in_the_token_that_it_signed() {
    let rig = Rig::of_age(MINUTE).await;
    let token = token();
    assert_eq!(judge_cached(&rig, &token).await, Ok(()));
    rig.endpoint.set(answers::rotated_keys);
    rig.keys.refresh().await.unwrap();
    rig.verifier.verify_cached(&token).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_answer_at_once_while_the_first_token_starts_a_fetch_behind() {
    let rig = preloaded();
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 0);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_go_on_through_an_outage() {
    let rig = preloaded();
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    sleep(23 * 60 * MINUTE).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_live_no_longer_than_others() {
    let rig = preloaded();
    rig.endpoint.set(answers::outage);
    sleep(24 * 60 * MINUTE).await;
    let verdict = rig.judge(&token()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn a_preloaded_key_is_refused_once_a_fetch_did_not_bring_it() {
    let rig = preloaded();
    rig.endpoint.set(answers::rotated_keys);
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_beside_preloaded_ones_is_fetched() {
    let rig = preloaded();
    rig.endpoint.set(answers::rotated_keys);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_need_no_prefetch() {
    let rig = preloaded();
    assert_eq!(rig.verifier.prefetch().await, Ok(()));
    assert_eq!(rig.endpoint.requests(), 0);
}

#[test]
fn preloaded_text_without_a_usable_key_is_refused_when_the_cache_is_built() {
    let endpoint = Endpoint::new(answers::keys);
    let error = keys_at(&endpoint).preload(r#"{"keys":[]}"#).build().unwrap_err();
    assert_eq!(error, ConfigError::Preload { reason: JwksError::NoUsableKey });
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_say_nothing_of_keys_that_came_in_the_same_moment() {
    let pool = TestPool::offline();
    pool.rotate_keys();
    let token = pool.access_token("alice").client_id("app").sign();
    pool.verifier("app").verify(&token).await.unwrap();
}

/// The pool's keys, for good; the endpoint would give others.
fn for_good() -> Rig {
    let rig = Rig::empty();
    rig.endpoint.set(answers::rotated_keys);
    let keys = keys_at(&rig.endpoint).preload(&POOL.jwks()).without_refresh().build().unwrap();
    Rig { verifier: verifier(&keys), keys, ..rig }
}

#[tokio::test(start_paused = true)]
async fn preloaded_keys_without_refresh_are_never_fetched_and_never_expire() {
    let rig = for_good();
    let token = POOL.access_token("alice").client_id("app").expires_in(90 * 24 * 60 * MINUTE);
    let token = token.sign();
    let _task = rig.keys.spawn_refresh();
    for _ in 0..30 {
        assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
        assert!(rig.verifier.is_ready());
        assert_eq!(rig.keys.status().state(), JwksState::Fresh);
        sleep(24 * 60 * MINUTE).await;
    }
    assert_eq!(rig.endpoint.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_beside_keys_without_refresh_is_refused_at_once() {
    let rig = for_good();
    let token = rotated_token().sign();
    assert_eq!(at_once(rig.judge(&token)).0, Err(VerifyError::UnknownKey));
    assert_eq!(rig.verifier.verify_cached(&token).map(drop), Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_second_issuer_of_keys_without_refresh_is_refused_and_not_unavailable() {
    let rig = for_good();
    let token = POOL.access_token("alice").client_id("app");
    let token = token.claim("iss", POOL.user_pool().issuers()[1].clone()).sign();
    assert_eq!(at_once(rig.judge(&token)).0, Err(VerifyError::Issuer));
    assert_eq!(rig.verifier.verify_cached(&token).map(drop), Err(VerifyError::Issuer));
}

#[tokio::test(start_paused = true)]
async fn refresh_of_keys_without_refresh_says_that_there_is_no_source() {
    assert_eq!(for_good().keys.refresh().await, Err(JwksError::NoSource));
}
