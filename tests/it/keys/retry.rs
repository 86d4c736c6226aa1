//! When a fetch may start: the spacing between all of them, a retry at once, and back-off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum_cognito::{JwksError, VerifyError};
use tokio::time::{Instant, sleep};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{keys_at, rotated_token, token, verifier};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);

/// The seconds between the starts of the fetches while this token comes ten times a second.
async fn gaps(rig: &Rig, token: &str, time: Duration) -> Vec<u64> {
    let (start, mut starts) = (Instant::now(), Vec::new());
    let mut requests = rig.endpoint.requests();
    while start.elapsed() < time {
        // What is said of the token does not matter here.
        let _ = rig.judge(token).await;
        sleep(SECOND / 10).await;
        if rig.endpoint.requests() > requests {
            requests = rig.endpoint.requests();
            starts.push(Instant::now());
        }
    }
    starts.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect()
}

/// An endpoint without connections, but for those that are told.
fn without_connections(rig: &Rig, working: impl Fn(usize) -> bool + Send + Sync + 'static) {
    let tries = AtomicUsize::new(0);
    rig.endpoint.set(move |request| {
        let works = working(tries.fetch_add(1, Ordering::SeqCst));
        async move {
            if works {
                return answers::keys(request).await;
            }
            Err(JwksError::Connect("refused".to_owned()))
        }
    });
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_waits_for_the_rest_of_the_spacing_and_is_accepted() {
    let rig = Rig::of_age(SECOND).await;
    rig.endpoint.set(answers::rotated_keys);
    let (verdict, waited) = rig.judge(&rotated_token().sign()).await;
    assert_eq!(verdict, Ok(()));
    assert_eq!(waited.as_millis() / 100, 15);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_refused_only_by_a_fetch_that_began_after_its_token_came() {
    let rig = Rig::of_age(SECOND).await;
    let (verdict, waited) = rig.judge(&rotated_token().sign()).await;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
    assert_eq!(waited.as_millis() / 100, 15);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_that_joined_an_older_fetch_waits_for_its_own() {
    let rig = Rig::of_age(360 * SECOND).await;
    rig.endpoint.set(async |request| {
        sleep(SECOND / 2).await;
        answers::keys(request).await
    });
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    sleep(SECOND / 4).await;
    let new = rotated_token().sign();
    let rotate = async {
        sleep(SECOND).await;
        rig.endpoint.set(answers::rotated_keys);
    };
    let (verdict, ()) = tokio::join!(rig.judge(&new), rotate);
    assert_eq!(verdict.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_whose_next_fetch_is_beyond_max_wait_is_unavailable_at_once() {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).max_wait(SECOND).build().unwrap();
    keys.refresh().await.unwrap();
    sleep(SECOND / 10).await;
    let verdict = at_once(verifier(&keys).verify(&rotated_token().sign())).map(drop);
    let Err(VerifyError::KeysUnavailable { retry_after }) = verdict else { panic!("{verdict:?}") };
    assert_eq!(retry_after.as_millis() / 100, 24);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_two_and_a_half_seconds_after_a_fetch_makes_another_at_once() {
    let rig = Rig::of_age(SECOND * 5 / 2).await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await, (Ok(()), Duration::ZERO));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_spacing_begins_with_the_start_of_a_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(async |request| {
        sleep(2 * SECOND).await;
        answers::keys(request).await
    });
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(answers::rotated_keys);
    sleep(SECOND / 2).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await, (Ok(()), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_was_due_delays_the_fetch_for_an_unknown_key_too() {
    let rig = Rig::of_age(360 * SECOND).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    sleep(SECOND).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await.1.as_millis() / 100, 15);
    assert_eq!(rig.endpoint.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn fetches_that_bring_no_new_key_do_not_widen_the_spacing() {
    let rig = Rig::of_age(60 * SECOND).await;
    let gaps = gaps(&rig, &rotated_token().sign(), 45 * SECOND).await;
    assert!(gaps.len() >= 16 && gaps.iter().all(|gap| *gap == 2), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_error_is_tried_once_more_at_once() {
    let rig = Rig::empty();
    without_connections(&rig, |tries| tries == 1);
    assert_eq!(rig.judge(&token()).await, (Ok(()), Duration::ZERO));
    assert_eq!(rig.keys.status().fetches_failed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_error_ends_the_fetch() {
    let rig = Rig::empty();
    without_connections(&rig, |_| false);
    rig.judge(&token()).await.0.unwrap_err();
    assert_eq!(rig.endpoint.requests(), 2);
    assert_eq!(rig.keys.status().fetches_failed(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_good_is_not_tried_again_at_once() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    rig.judge(&token()).await.0.unwrap_err();
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn both_tries_together_take_no_longer_than_request_timeout() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| {
        sleep(2 * SECOND).await;
        Err(JwksError::Connect("refused".to_owned()))
    });
    assert_eq!(rig.keys.refresh().await, Err(JwksError::Timeout(3 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_a_failed_fetch_is_repeated_every_few_seconds() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let gaps = gaps(&rig, &token(), 600 * SECOND).await;
    assert!(gaps.len() > 100 && gaps.iter().all(|gap| (2..=5).contains(gap)), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn with_keys_at_hand_failed_fetches_back_off_to_a_minute_at_most() {
    let rig = Rig::of_age(360 * SECOND).await;
    rig.endpoint.set(answers::outage);
    let gaps = gaps(&rig, &token(), 3 * 3600 * SECOND).await;
    assert!(gaps.iter().all(|gap| (2..=60).contains(gap)), "{gaps:?}");
}

/// How long fetches are held up after each of eight failures in a row, with keys at hand.
async fn hold_ups(token: &str) -> [f64; 8] {
    let (rig, mut hold_ups) = (Rig::of_age(SECOND * 60).await, [0.0; 8]);
    rig.endpoint.set(answers::outage);
    for hold_up in &mut hold_ups {
        let verdict = rig.judge(token).await.0;
        let Err(VerifyError::KeysUnavailable { retry_after }) = verdict else {
            panic!("{verdict:?}")
        };
        *hold_up = retry_after.as_secs_f64();
        sleep(retry_after).await;
    }
    assert_eq!(rig.endpoint.requests(), 1 + hold_ups.len());
    hold_ups
}

#[tokio::test(start_paused = true)]
async fn the_back_off_begins_with_a_second_and_doubles_with_each_failure_up_to_a_minute() {
    let token = rotated_token().sign();
    let mut longest = [0.0_f64; 8];
    for _ in 0..64 {
        for (longest, hold_up) in longest.iter_mut().zip(hold_ups(&token).await) {
            assert!(hold_up >= 2.5, "the spacing counts too");
            *longest = longest.max(hold_up);
        }
    }
    let steps = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0_f64];
    for (longest, step) in longest.into_iter().zip(steps) {
        // Anything from nothing to all of the step: of 64 one comes near to all of it.
        let expected = (step * 0.75).max(2.5)..=step.max(2.5);
        assert!(expected.contains(&longest), "{longest} s instead of {step} s");
    }
}

#[tokio::test(start_paused = true)]
async fn programs_that_back_off_together_do_not_come_again_together() {
    let rig = Rig::of_age(360 * SECOND).await;
    rig.endpoint.set(answers::outage);
    // Of three hours the last ones, when nothing but the jitter differs any more.
    let gaps = gaps(&rig, &token(), 3 * 3600 * SECOND).await.split_off(20);
    assert!(gaps.iter().any(|gap| *gap > 30), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap < 30), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_good_fetch_ends_the_back_off_of_the_failed_ones_before() {
    let rig = Rig::of_age(360 * SECOND).await;
    rig.endpoint.set(answers::outage);
    gaps(&rig, &token(), 3600 * SECOND).await;
    rig.endpoint.set(answers::keys);
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(answers::outage);
    let gaps = gaps(&rig, &rotated_token().sign(), 6 * SECOND).await;
    assert!(gaps.iter().all(|gap| *gap <= 3), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_again_after_the_time_that_it_was_told_has_its_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let verdict = rig.judge(&token()).await.0;
    let Err(VerifyError::KeysUnavailable { retry_after }) = verdict else { panic!("{verdict:?}") };
    rig.endpoint.set(answers::keys);
    sleep(retry_after).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waited_in_vain_is_told_when_the_next_fetch_may_start() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| std::future::pending().await);
    let Err(VerifyError::KeysUnavailable { retry_after }) = rig.judge(&token()).await.0 else {
        panic!("judged without keys")
    };
    rig.endpoint.set(answers::keys);
    sleep(retry_after).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}
