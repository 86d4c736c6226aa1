//! The states of a key set without keys or with young ones: each cell of the table. And in each
//! state, an unknown key joins the fetch under way.

use std::future::pending;
use std::time::Duration;

use axum_cognito::{JwksState, VerifyError};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{rotated_token, token};
use crate::common::rig::Rig;

/// One good fetch, one minute ago.
async fn fresh() -> Rig {
    let rig = Rig::of_age(Duration::from_secs(60)).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    rig
}

/// One good fetch, six minutes ago.
async fn due() -> Rig {
    let rig = Rig::of_age(Duration::from_secs(6 * 60)).await;
    assert_eq!(rig.keys.status().state(), JwksState::Due);
    rig
}

/// One good fetch, an hour and a minute ago.
async fn idle() -> Rig {
    let rig = Rig::of_age(Duration::from_secs(61 * 60)).await;
    assert_eq!(rig.keys.status().state(), JwksState::Idle);
    rig
}

/// What is said of a token that comes twice, half a second apart, while a fetch takes 0.9 seconds.
async fn judge_two(rig: &Rig, token: &str) -> [Result<(), VerifyError>; 2] {
    judge_both(rig, token, token).await
}

/// What is said of two tokens that come half a second apart, while a fetch takes 0.9 seconds.
async fn judge_both(rig: &Rig, first: &str, second: &str) -> [Result<(), VerifyError>; 2] {
    rig.endpoint.set(async |request| {
        sleep(Duration::from_millis(900)).await;
        answers::rotated_keys(request).await
    });
    let second = async {
        sleep(Duration::from_millis(500)).await;
        rig.judge(second).await.0
    };
    let (first, second) = tokio::join!(rig.judge(first), second);
    [first.0, second]
}

/// Lets what goes on behind the answers come to its end.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn empty_a_token_starts_a_fetch_and_is_judged_by_its_keys() {
    let rig = Rig::empty();
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn empty_a_second_token_joins_the_fetch_under_way() {
    let rig = Rig::empty();
    assert_eq!(judge_two(&rig, &rotated_token().sign()).await, [Ok(()), Ok(())]);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn empty_a_token_waits_three_seconds_and_is_then_told_that_there_are_no_keys() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| pending().await);
    let (verdict, waited) = rig.judge(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(waited.as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn empty_a_token_is_told_that_there_are_no_keys_as_soon_as_the_fetch_fails() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let (verdict, waited) = rig.judge(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(waited, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn fresh_a_known_key_answers_at_once_without_a_fetch() {
    let rig = fresh().await;
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    settle().await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn fresh_an_unknown_key_is_fetched_and_accepted() {
    let rig = fresh().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn fresh_an_unknown_key_that_the_fetch_does_not_bring_is_refused() {
    let rig = fresh().await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn fresh_a_second_unknown_key_joins_the_fetch_under_way() {
    let rig = fresh().await;
    assert_eq!(judge_two(&rig, &rotated_token().sign()).await, [Ok(()), Ok(())]);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn fresh_an_unknown_key_whose_fetch_fails_is_not_called_unknown() {
    let rig = fresh().await;
    rig.endpoint.set(answers::outage);
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn due_a_known_key_answers_at_once_while_a_fetch_goes_on_behind() {
    let rig = due().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    settle().await;
    assert_eq!(rig.endpoint.requests(), 2);
    assert_eq!(at_once(rig.judge(&rotated_token().sign())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn due_an_unknown_key_is_fetched_and_accepted() {
    let rig = due().await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn due_an_unknown_key_that_the_fetch_does_not_bring_is_refused() {
    let rig = due().await;
    let verdict = rig.judge(&rotated_token().sign()).await.0;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn due_a_second_unknown_key_joins_the_fetch_under_way() {
    let rig = due().await;
    assert_eq!(judge_two(&rig, &rotated_token().sign()).await, [Ok(()), Ok(())]);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn due_an_unknown_key_joins_the_fetch_that_goes_on_behind_a_known_one() {
    let rig = due().await;
    assert_eq!(judge_both(&rig, &token(), &rotated_token().sign()).await, [Ok(()), Ok(())]);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_a_second_unknown_key_joins_the_fetch_under_way() {
    let rig = idle().await;
    assert_eq!(judge_two(&rig, &rotated_token().sign()).await, [Ok(()), Ok(())]);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_an_unknown_key_joins_the_fetch_that_a_known_one_waits_for() {
    let rig = idle().await;
    let (known, unknown) = (token(), rotated_token().sign());
    // The fetch takes the known key away; it was waited for, so that is what counts.
    let removed = Err(VerifyError::UnknownKey);
    assert_eq!(judge_both(&rig, &known, &unknown).await, [removed, Ok(())]);
    assert_eq!(rig.endpoint.requests(), 2);
}
