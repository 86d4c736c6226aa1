//! One fetch at a time: shared by all who wait, lost by nobody, and never waited for too long.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum_cognito::{JwksError, JwksResponse, JwksState, VerifyError};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::log::Log;
use crate::common::pools::{ROTATED, keys_at, rotated_token, token, verifier};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);

/// No keys yet, and an endpoint that takes this long for them.
fn slow_rig<const SECONDS: u64>() -> Rig {
    let rig = Rig::empty();
    rig.endpoint.set(async |request| {
        sleep(Duration::from_secs(SECONDS)).await;
        answers::keys(request).await
    });
    rig
}

/// How many of a thousand requests at a time are let in.
async fn judge_a_thousand(rig: &Rig) -> usize {
    let (token, mut requests) = (token(), JoinSet::new());
    for _ in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token.clone());
        requests.spawn(async move { verifier.verify(&token).await.is_ok() });
    }
    requests.join_all().await.into_iter().filter(|accepted| *accepted).count()
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_on_a_cold_start_make_one_fetch() {
    let rig = slow_rig::<1>();
    assert_eq!(judge_a_thousand(&rig).await, 1000);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_on_several_threads_make_one_fetch() {
    let rig = Rig::empty();
    assert_eq!(judge_a_thousand(&rig).await, 1000);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_on_a_cold_start_do_not_repeat_a_fetch_that_fails() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    assert_eq!(judge_a_thousand(&rig).await, 0);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_fetch_of_a_dropped_request_brings_the_keys_for_the_next() {
    let rig = slow_rig::<1>();
    let token = token();
    timeout(SECOND / 2, rig.verifier.verify(&token)).await.unwrap_err();
    sleep(SECOND).await;
    assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_leaves_its_fetch_to_those_who_joined_it() {
    let rig = slow_rig::<1>();
    let token = token();
    let first = timeout(SECOND / 2, rig.verifier.verify(&token));
    let (first, second) = tokio::join!(first, rig.judge(&token));
    first.unwrap_err();
    assert_eq!(second.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_costs_a_request_no_more_than_max_wait() {
    let rig = slow_rig::<1000>();
    let keys = keys_at(&rig.endpoint).max_wait(2 * SECOND).request_timeout(60 * SECOND);
    let verifier = verifier(&keys.build().unwrap());
    let start = Instant::now();
    verifier.verify(&token()).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_takes_longer_than_max_wait_serves_the_requests_after() {
    let rig = slow_rig::<10>();
    let keys = keys_at(&rig.endpoint).request_timeout(60 * SECOND).build().unwrap();
    let (verifier, token) = (verifier(&keys), token());
    verifier.verify(&token).await.unwrap_err();
    sleep(10 * SECOND).await;
    assert!(at_once(verifier.verify(&token)).is_ok());
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_is_given_up_after_request_timeout() {
    let rig = slow_rig::<1000>();
    let start = Instant::now();
    assert_eq!(rig.keys.refresh().await, Err(JwksError::Timeout(3 * SECOND)));
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_known_key_does_not_wait_for_the_fetch_of_an_unknown_one() {
    let rig = Rig::of_age(60 * SECOND).await;
    rig.endpoint.set(async |_| pending().await);
    let unknown = rotated_token().sign();
    timeout(SECOND, rig.verifier.verify(&unknown)).await.unwrap_err();
    assert_eq!(rig.endpoint.requests(), 2);
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_panics_does_not_keep_its_requests_waiting() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| panic!("a fault in the fetcher"));
    let (verdict, waited) = rig.judge(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(waited, Duration::ZERO);
    assert_eq!(rig.keys.status().last_error(), Some(&JwksError::Interrupted));
}

/// A subscriber that panics at the first event of a level, as one that is out of order may.
struct Broken(tracing::Level, AtomicBool);

impl tracing::Subscriber for Broken {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let level = *event.metadata().level() == self.0;
        assert!(!level || self.1.swap(true, Ordering::SeqCst), "a fault in the subscriber");
    }

    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_and_a_subscriber_that_both_panic_do_not_end_the_process() {
    let _broken =
        tracing::subscriber::set_default(Broken(tracing::Level::WARN, AtomicBool::new(false)));
    let rig = Rig::empty();
    rig.endpoint.set(async |_| panic!("a fault in the fetcher"));
    let (verdict, waited) = rig.judge(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(waited, Duration::ZERO);
    assert_eq!(rig.keys.status().last_error(), Some(&JwksError::Interrupted));
}

#[test]
fn a_fetch_that_is_dropped_logs_nothing() {
    let rig = slow_rig::<1>();
    let dropped = paused_runtime();
    dropped.block_on(async { timeout(SECOND / 2, rig.judge(&token())).await }).unwrap_err();
    let (log, _guard) = Log::start();
    drop(dropped);
    assert_eq!(log.text(), "");
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_while_an_answer_is_read_makes_no_flood_of_fetches() {
    let _broken =
        tracing::subscriber::set_default(Broken(tracing::Level::DEBUG, AtomicBool::new(false)));
    let rig = Rig::empty();
    // A key that is skipped, which is logged.
    rig.endpoint.set(async |_| Ok(JwksResponse::new(r#"{"keys":[{"kty":"EC"}]}"#)));
    for _ in 0..10 {
        let verdict = rig.verifier.verify(&token()).await.map(drop);
        assert!(is_unavailable(&verdict), "{verdict:?}");
    }
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_panicked_is_asked_again() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| panic!("a fault in the fetcher"));
    rig.judge(&token()).await.0.unwrap_err();
    rig.endpoint.set(answers::keys);
    sleep(10 * SECOND).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_fetch_leaves_a_verifier_that_works_in_the_next() {
    let rig = slow_rig::<1>();
    let first = paused_runtime();
    first.block_on(async { timeout(SECOND / 2, rig.judge(&token())).await }).unwrap_err();
    drop(first);
    assert_eq!(rig.keys.status().last_error(), None);
    paused_runtime().block_on(async {
        assert_eq!(rig.judge(&token()).await.0, Ok(()));
    });
}

#[test]
fn keys_that_one_runtime_fetched_are_refreshed_in_the_next() {
    let rig = Rig::empty();
    paused_runtime().block_on(rig.keys.refresh()).unwrap();
    paused_runtime().block_on(async {
        sleep(360 * SECOND).await;
        assert_eq!(rig.judge(&token()).await.0, Ok(()));
        sleep(SECOND).await;
        assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    });
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_began_before_the_token_came_does_not_decide_that_its_key_is_unknown() {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).request_timeout(60 * SECOND).max_wait(60 * SECOND);
    let keys = keys.build().unwrap();
    keys.refresh().await.unwrap();
    sleep(60 * SECOND).await;
    // The answer is made before the rotation, and comes ten seconds later.
    rig.endpoint.set(async |request| {
        sleep(10 * SECOND).await;
        answers::keys(request).await
    });
    let (verifier, token) = (verifier(&keys), rotated_token().sign());
    timeout(SECOND, verifier.verify(&token)).await.unwrap_err();
    rig.endpoint.set(answers::rotated_keys);
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_fetch_of_ten_seconds_did_not_bring_is_unknown_without_another_fetch() {
    let rig = slow_rig::<10>();
    let keys = keys_at(&rig.endpoint).request_timeout(60 * SECOND).max_wait(60 * SECOND);
    let verifier = verifier(&keys.build().unwrap());
    let verdict = verifier.verify(&rotated_token().sign()).await.map(drop);
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_first_token_whose_keys_take_ten_seconds_costs_one_fetch() {
    let rig = slow_rig::<10>();
    let keys = keys_at(&rig.endpoint).request_timeout(60 * SECOND).max_wait(60 * SECOND);
    assert!(verifier(&keys.build().unwrap()).verify(&token()).await.is_ok());
    sleep(SECOND).await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[test]
fn a_fetch_that_was_given_up_and_overtaken_does_not_bring_its_keys_back() {
    let rig = slow_rig::<1>();
    let parked = paused_runtime();
    parked.block_on(async { timeout(SECOND / 2, rig.keys.refresh()).await }).unwrap_err();
    // Nobody drives the first fetch; the second one brings the keys after a rotation.
    paused_runtime().block_on(async {
        sleep(10 * SECOND).await;
        rig.endpoint.set(answers::rotated_keys);
        rig.keys.refresh().await.unwrap();
    });
    parked.block_on(async { sleep(SECOND).await });
    let status = rig.keys.status();
    assert!(status.key_ids().contains(&ROTATED.access_key_id()), "{status:?}");
    assert_eq!((status.fetches_succeeded(), status.fetches_failed()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn durations_without_end_do_not_overflow() {
    let keys = keys_at(&Rig::empty().endpoint).max_wait(Duration::MAX);
    let keys = keys.request_timeout(Duration::MAX).refresh_after(Duration::MAX);
    let keys = keys.max_stale(Duration::MAX).build().unwrap();
    let verifier = verifier(&keys);
    verifier.prefetch().await.unwrap();
    assert!(verifier.verify(&token()).await.is_ok());
    keys.refresh().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn keys_that_die_at_once_are_not_fetched_without_end() {
    let rig = slow_rig::<1>();
    let nanosecond = Duration::from_nanos(1);
    let keys = keys_at(&rig.endpoint).refresh_after(nanosecond).max_stale(nanosecond);
    let keys = keys.build().unwrap();
    let verdict = verifier(&keys).verify(&token()).await.map(drop);
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(rig.endpoint.requests(), 1);
}
