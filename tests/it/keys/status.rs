//! What a health check is told about the keys of a pool.

use std::time::Duration;

use axum_cognito::{JwksError, JwksState};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);

/// The state of keys, and whether tokens with known keys are being judged.
fn state(rig: &Rig) -> (JwksState, bool) {
    let status = rig.keys.status();
    (status.state(), status.is_ready())
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_state_is_empty_and_not_ready() {
    assert_eq!(state(&Rig::empty()), (JwksState::Empty, false));
}

#[tokio::test(start_paused = true)]
async fn without_keys_after_a_failed_fetch_the_state_is_empty() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(state(&rig), (JwksState::Empty, false));
}

#[tokio::test(start_paused = true)]
async fn young_keys_are_fresh_and_ready() {
    assert_eq!(state(&Rig::of_age(4 * MINUTE).await), (JwksState::Fresh, true));
}

#[tokio::test(start_paused = true)]
async fn older_keys_are_due_and_ready() {
    assert_eq!(state(&Rig::of_age(6 * MINUTE).await), (JwksState::Due, true));
}

#[tokio::test(start_paused = true)]
async fn keys_are_idle_and_ready_when_nothing_was_tried_for_an_hour() {
    assert_eq!(state(&Rig::of_age(59 * MINUTE).await), (JwksState::Due, true));
    assert_eq!(state(&Rig::of_age(60 * MINUTE).await), (JwksState::Idle, true));
}

#[tokio::test(start_paused = true)]
async fn keys_are_in_an_outage_and_ready_after_a_failed_fetch() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(state(&rig), (JwksState::Outage, true));
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_day_are_dead_and_not_ready() {
    assert_eq!(state(&Rig::of_age(24 * 60 * MINUTE - MINUTE).await), (JwksState::Idle, true));
    assert_eq!(state(&Rig::of_age(24 * 60 * MINUTE).await), (JwksState::Expired, false));
}

#[tokio::test(start_paused = true)]
async fn a_good_fetch_makes_keys_of_an_outage_fresh() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.endpoint.set(answers::keys);
    rig.keys.refresh().await.unwrap();
    assert_eq!(state(&rig), (JwksState::Fresh, true));
    assert_eq!(rig.keys.status().last_error(), None);
}

#[tokio::test(start_paused = true)]
async fn the_key_ids_are_those_of_the_last_good_fetch_in_order() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    let ids = rig.keys.status().key_ids().to_vec();
    assert!(ids.len() == 2 && ids.is_sorted(), "{ids:?}");
    assert!(ids.contains(&ROTATED.access_key_id()) && !ids.contains(&POOL.access_key_id()));
}

#[tokio::test(start_paused = true)]
async fn the_age_is_that_of_the_last_good_fetch() {
    let rig = Rig::of_age(2 * MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(rig.keys.status().age().map(|age| age.as_secs()), Some(120));
    assert_eq!(Rig::empty().keys.status().age(), None);
}

#[tokio::test(start_paused = true)]
async fn good_and_failed_fetches_are_counted_and_the_last_error_is_named() {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.keys.refresh().await.unwrap_err();
    let status = rig.keys.status();
    assert_eq!((status.fetches_succeeded(), status.fetches_failed()), (1, 2));
    assert_eq!(status.last_error(), Some(&JwksError::Status(503)));
}

#[tokio::test(start_paused = true)]
async fn answers_are_stale_only_after_a_failed_fetch() {
    let rig = Rig::of_age(6 * MINUTE).await;
    rig.endpoint.set(answers::outage);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    assert_eq!(rig.keys.status().stale_answers(), 0);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    assert_eq!(rig.keys.status().stale_answers(), 2);
}

#[tokio::test(start_paused = true)]
async fn asking_for_the_status_fetches_nothing() {
    let rig = Rig::of_age(25 * 60 * MINUTE).await;
    assert_eq!(state(&rig), (JwksState::Expired, false));
    sleep(MINUTE).await;
    assert_eq!(rig.endpoint.requests(), 1);
    rig.verifier.verify_cached(&token()).unwrap_err();
}
