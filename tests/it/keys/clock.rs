//! A clock that jumps, and a process that is frozen: neither makes a token or a key live longer.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksState, VerifyError};
use tokio::time::{Instant, sleep};

use crate::common::at_once::at_once;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A pool whose keys were fetched just now, its verifier, and a token for three days.
async fn started() -> (TestPool, CognitoVerifier, String) {
    let pool = TestPool::offline();
    pool.keys().refresh().await.unwrap();
    let verifier = pool.verifier("app");
    let token = pool.access_token("alice").client_id("app").expires_in(3 * DAY).sign();
    (pool, verifier, token)
}

fn unknown_key(pool: &TestPool) -> String {
    pool.access_token("alice").client_id("app").header("kid", "unknown").sign()
}

async fn verdict(verifier: &CognitoVerifier, token: &str) -> Result<(), VerifyError> {
    verifier.verify(token).await.map(drop)
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_process_that_was_frozen_for_ten_minutes_are_due() {
    let (pool, verifier, token) = started().await;
    pool.clock().advance(HOUR / 6);
    assert_eq!(pool.keys().status().state(), JwksState::Due);
    assert!(at_once(verifier.verify(&token)).is_ok());
    sleep(SECOND).await;
    assert_eq!(pool.jwks_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_process_that_was_frozen_for_two_hours_are_idle() {
    let (pool, _, _) = started().await;
    pool.clock().advance(2 * HOUR);
    assert_eq!(pool.keys().status().state(), JwksState::Idle);
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_process_that_was_frozen_for_a_day_are_not_used() {
    let (pool, verifier, token) = started().await;
    pool.set_outage(true);
    pool.clock().advance(DAY);
    let verdict = verdict(&verifier, &token).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_frozen_for_a_day_fetches_its_keys_anew() {
    let (pool, verifier, token) = started().await;
    pool.clock().advance(DAY);
    assert_eq!(verdict(&verifier, &token).await, Ok(()));
    assert_eq!(pool.jwks_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_removed_while_the_process_was_frozen_for_a_day_is_refused() {
    let (pool, verifier, token) = started().await;
    assert_eq!(verdict(&verifier, &token).await, Ok(()));
    pool.rotate_keys();
    pool.clock().advance(DAY);
    assert_eq!(verdict(&verifier, &token).await, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn keys_whose_fetch_was_frozen_for_a_day_are_as_old_as_its_start() {
    let pool = TestPool::offline();
    pool.set_latency(SECOND);
    let keys = pool.keys();
    let frozen = async {
        sleep(SECOND / 2).await;
        pool.clock().advance(DAY);
    };
    let (fetched, ()) = tokio::join!(keys.refresh(), frozen);
    fetched.unwrap();
    assert_eq!(keys.status().state(), JwksState::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expired_while_the_process_was_frozen_is_refused() {
    let (pool, verifier, token) = started().await;
    pool.clock().advance(3 * DAY);
    assert_eq!(verdict(&verifier, &token).await, Err(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_that_expired_while_the_process_was_frozen_is_refused() {
    let (pool, verifier, token) = started().await;
    assert_eq!(verdict(&verifier, &token).await, Ok(()));
    pool.clock().advance(3 * DAY);
    assert_eq!(verdict(&verifier, &token).await, Err(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_while_it_waits_for_its_key_is_refused() {
    let (pool, verifier, _) = started().await;
    pool.rotate_keys();
    pool.set_latency(SECOND * 5 / 2);
    let token = pool.access_token("alice").client_id("app").expires_in(8 * SECOND).sign();
    sleep(6 * SECOND).await;
    assert_eq!(verdict(&verifier, &token).await, Err(VerifyError::Expired));
    assert_eq!(pool.jwks_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_keep_keys_from_being_due() {
    let (pool, _, _) = started().await;
    pool.clock().set_back(DAY);
    sleep(HOUR / 10).await;
    assert_eq!(pool.keys().status().state(), JwksState::Due);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_make_keys_live_longer() {
    let (pool, _, _) = started().await;
    sleep(20 * HOUR).await;
    pool.clock().set_back(20 * HOUR);
    sleep(5 * HOUR).await;
    assert_eq!(pool.keys().status().state(), JwksState::Expired);
    assert_eq!(pool.keys().status().age().unwrap().as_secs() / 3600, 25);
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_fetched_under_a_clock_far_ahead_live_no_longer() {
    let (pool, _, _) = started().await;
    pool.clock().advance(30 * DAY);
    pool.keys().refresh().await.unwrap();
    pool.clock().set_back(30 * DAY);
    sleep(HOUR / 10).await;
    assert_eq!(pool.keys().status().state(), JwksState::Due);
    sleep(DAY).await;
    assert_eq!(pool.keys().status().state(), JwksState::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_hold_fetches_up() {
    let (pool, verifier, _) = started().await;
    pool.clock().set_back(DAY);
    sleep(5 * SECOND).await;
    let verdict = verdict(&verifier, &unknown_key(&pool)).await;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
    assert_eq!(pool.jwks_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_hold_a_request_up() {
    let (pool, verifier, _) = started().await;
    sleep(5 * SECOND).await;
    pool.set_latency(HOUR);
    let (start, unknown) = (Instant::now(), unknown_key(&pool));
    let jump = async {
        sleep(SECOND).await;
        pool.clock().set_back(HOUR);
    };
    let (verdict, ()) = tokio::join!(verdict(&verifier, &unknown), jump);
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_refused_by_a_clock_that_stands_before_its_making() {
    let (pool, verifier, token) = started().await;
    assert_eq!(verdict(&verifier, &token).await, Ok(()));
    pool.clock().set_back(HOUR);
    assert_eq!(verdict(&verifier, &token).await, Err(VerifyError::IssuedInFuture));
}
