//! The states of a key set after a long time or a failed fetch: each cell of the table.

use std::future::pending;
use std::time::Duration;

use axum_cognito::{JwksState, VerifyError};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{rotated_token, token};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// One good fetch, an hour and a minute ago.
async fn idle() -> Rig {
    let rig = Rig::of_age(HOUR + MINUTE).await;
    assert_eq!(rig.keys.status().state(), JwksState::Idle);
    rig
}

/// One good fetch, six minutes ago, and a failed one just now.
async fn outage() -> Rig {
    let rig = Rig::of_age(6 * MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(rig.keys.status().state(), JwksState::Outage);
    rig
}

/// One good fetch, 25 hours ago.
async fn dead() -> Rig {
    let rig = Rig::of_age(25 * HOUR).await;
    assert_eq!(rig.keys.status().state(), JwksState::Expired);
    rig
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn idle_an_unknown_key_is_fetched_and_accepted() {
    let rig = idle().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_an_unknown_key_that_the_fetch_does_not_bring_is_refused() {
    let rig = idle().await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn outage_a_known_key_answers_at_once_and_is_counted_as_stale() {
    let rig = outage().await;
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    assert_eq!(rig.keys.status().stale_answers(), 1);
}

#[tokio::test(start_paused = true)]
async fn outage_an_unknown_key_that_nothing_is_fetched_for_is_not_counted_as_stale() {
    let rig = outage().await;
    rig.verifier.verify_cached(&rotated_token().sign()).unwrap_err();
    assert_eq!(rig.keys.status().stale_answers(), 0);
}

#[tokio::test(start_paused = true)]
async fn outage_an_unknown_key_is_not_called_unknown_while_no_fetch_may_start() {
    let rig = outage().await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn outage_an_unknown_key_is_not_called_unknown_after_another_fetch_fails() {
    let rig = outage().await;
    sleep(MINUTE).await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(rig.endpoint.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn outage_an_unknown_key_is_accepted_once_the_endpoint_answers_again() {
    let rig = outage().await;
    rig.endpoint.set(answers::rotated_keys);
    sleep(MINUTE).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn dead_a_known_key_waits_for_a_fetch_and_goes_by_it() {
    let rig = dead().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn dead_a_known_key_is_not_used_when_the_fetch_fails() {
    let rig = dead().await;
    rig.endpoint.set(answers::outage);
    let verdict = rig.judge(&token()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn dead_a_known_key_waits_three_seconds_and_is_then_told_that_there_are_no_keys() {
    let rig = dead().await;
    rig.endpoint.set(async |_| pending().await);
    let (verdict, waited) = rig.judge(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(waited.as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn dead_an_unknown_key_is_fetched_and_accepted() {
    let rig = dead().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn dead_an_unknown_key_is_not_called_unknown_when_the_fetch_fails() {
    let rig = dead().await;
    rig.endpoint.set(answers::outage);
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}
#[tokio::test(start_paused = true)]
async fn idle_a_known_key_waits_for_newer_keys_and_goes_by_them() {
    let rig = idle().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_a_known_key_answers_after_a_second_if_no_newer_keys_come() {
    let rig = idle().await;
    rig.endpoint.set(async |_| pending().await);
    let (verdict, waited) = rig.judge(&token()).await;
    assert_eq!(verdict, Ok(()));
    assert_eq!(waited.as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn idle_a_second_token_waits_for_the_same_fetch() {
    let rig = idle().await;
    rig.endpoint.set(async |request| {
        sleep(Duration::from_millis(500)).await;
        answers::rotated_keys(request).await
    });
    let (first, second) = (token(), token());
    let (first, second) = tokio::join!(rig.judge(&first), rig.judge(&second));
    assert_eq!(first.0, Err(VerifyError::UnknownKey));
    assert_eq!(second.0, Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn outage_keys_that_are_young_are_counted_as_stale_and_refreshed_all_the_same() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.endpoint.set(answers::keys);
    sleep(MINUTE).await;
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    assert_eq!(rig.keys.status().stale_answers(), 1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn outage_a_known_key_answers_at_once_after_an_idle_hour_too() {
    let rig = outage().await;
    sleep(HOUR + MINUTE).await;
    rig.endpoint.set(async |_| pending().await);
    assert_eq!(rig.judge(&token()).await, (Ok(()), Duration::ZERO));
    assert_eq!(rig.keys.status().stale_answers(), 1);
}

#[tokio::test(start_paused = true)]
async fn outage_an_answer_of_verify_cached_is_counted_as_stale() {
    let rig = outage().await;
    rig.verifier.verify_cached(&token()).unwrap();
    assert_eq!(rig.keys.status().stale_answers(), 1);
}
