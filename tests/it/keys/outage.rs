//! An outage of the JWKS endpoint: known keys go on for a day, and recovery is no herd.

use std::time::Duration;

use axum_cognito::{JwksError, JwksState, VerifyError};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{keys_at, rotated_token, token, verifier};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Keys of an endpoint that then went out for so long, while this token came every minute.
async fn out_for(time: Duration, token: &str) -> Rig {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(answers::outage);
    for _ in 1..time.as_secs() / 60 {
        // What is said of the token does not matter before the end.
        let _ = rig.judge(token).await;
        sleep(MINUTE).await;
    }
    rig
}

/// How many of a thousand requests at a time are let in.
async fn judge_a_thousand(rig: &Rig, token: &str) -> usize {
    let mut requests = JoinSet::new();
    for _ in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token.to_owned());
        requests.spawn(async move { verifier.verify(&token).await.is_ok() });
    }
    requests.join_all().await.into_iter().filter(|accepted| *accepted).count()
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

/// The keys of a rotation, after a second in which a herd could form.
fn recover(rig: &Rig) {
    rig.endpoint.set(async |request| {
        sleep(Duration::from_secs(1)).await;
        answers::rotated_keys(request).await
    });
}

#[tokio::test(start_paused = true)]
async fn a_known_key_works_after_an_outage_of_23_hours() {
    let token = token();
    let rig = out_for(23 * HOUR, &token).await;
    assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
    assert_eq!(rig.keys.status().state(), JwksState::Outage);
}

#[tokio::test(start_paused = true)]
async fn a_known_key_works_after_an_outage_of_23_hours_in_which_no_token_came() {
    let rig = Rig::of_age(23 * HOUR).await;
    rig.endpoint.set(answers::outage);
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_known_key_does_not_work_after_an_outage_of_25_hours() {
    let token = token();
    let rig = out_for(25 * HOUR, &token).await;
    let verdict = rig.judge(&token).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(rig.keys.status().state(), JwksState::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_known_key_works_no_longer_than_max_stale() {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).max_stale(HOUR).build().unwrap();
    let (verifier, token) = (verifier(&keys), token());
    keys.refresh().await.unwrap();
    rig.endpoint.set(answers::outage);
    sleep(HOUR - MINUTE).await;
    assert!(verifier.verify(&token).await.is_ok());
    sleep(MINUTE).await;
    let verdict = verifier.verify(&token).await.map(drop);
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn failed_fetches_do_not_make_keys_younger() {
    let rig = out_for(23 * HOUR, &token()).await;
    assert_eq!(rig.keys.status().age().unwrap().as_secs() / 3600, 23);
}

#[tokio::test(start_paused = true)]
async fn every_answer_of_an_outage_is_counted() {
    let rig = out_for(2 * HOUR, &token()).await;
    // The first six are before the keys are due, or start the fetch that fails.
    assert!((110..120).contains(&rig.keys.status().stale_answers()));
    assert_eq!(rig.keys.status().last_error(), Some(&JwksError::Status(503)));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_not_called_unknown_after_hours_of_outage() {
    let rig = out_for(23 * HOUR, &token()).await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_by_traffic_when_an_outage_ends() {
    let token = token();
    let rig = out_for(2 * HOUR, &token).await;
    rig.endpoint.set(answers::keys);
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    sleep(MINUTE).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    sleep(MINUTE).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    assert_eq!(rig.keys.status().last_error(), None);
}

#[tokio::test(start_paused = true)]
async fn dead_keys_are_replaced_when_an_outage_ends() {
    let rig = out_for(25 * HOUR, &token()).await;
    recover(&rig);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_make_one_fetch_when_an_outage_of_23_hours_ends() {
    let token = token();
    let rig = out_for(23 * HOUR, &token).await;
    let before = rig.endpoint.requests();
    recover(&rig);
    assert_eq!(judge_a_thousand(&rig, &token).await, 1000);
    sleep(MINUTE).await;
    assert_eq!(rig.endpoint.requests(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_make_one_fetch_when_an_outage_of_25_hours_ends() {
    let rig = out_for(25 * HOUR, &token()).await;
    let before = rig.endpoint.requests();
    recover(&rig);
    assert_eq!(judge_a_thousand(&rig, &rotated_token().sign()).await, 1000);
    assert_eq!(rig.endpoint.requests(), before + 1);
}
