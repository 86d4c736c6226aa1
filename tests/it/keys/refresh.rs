//! Fetches that the program asks for: `refresh`, `prefetch` and `spawn_refresh`.

use std::pin::pin;
use std::time::Duration;

use axum_cognito::{CognitoVerifier, JwksCache, JwksError, JwksState};
use tokio::time::{Instant, sleep, timeout};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Lets the endpoint take a second for the pool's keys.
fn slow(rig: &Rig) {
    rig.endpoint.set(async |request| {
        sleep(SECOND).await;
        answers::keys(request).await
    });
}

/// A verifier of this rig's pool and of a second one, which has its keys at this endpoint.
fn with_second_pool(rig: &Rig, endpoint: &Endpoint) -> CognitoVerifier {
    let second = JwksCache::builder(ROTATED.user_pool()).fetcher(endpoint.clone());
    let second = second.clock(POOL.clock()).build().unwrap();
    let verifier = CognitoVerifier::builder().trust(&rig.keys, "app").trust(&second, "app");
    verifier.clock(POOL.clock()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn refresh_replaces_keys_that_are_fresh() {
    let rig = Rig::of_age(SECOND).await;
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.keys.refresh().await, Ok(()));
    assert_eq!(at_once(rig.judge(&rotated_token().sign())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn refresh_that_fails_says_why_and_leaves_the_keys() {
    let rig = Rig::of_age(SECOND).await;
    rig.endpoint.set(answers::outage);
    assert_eq!(rig.keys.refresh().await, Err(JwksError::Status(503)));
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn refresh_does_not_take_a_fetch_that_began_before_it_for_its_own() {
    let rig = Rig::of_age(360 * SECOND).await;
    slow(&rig);
    let token = token();
    assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
    sleep(SECOND / 2).await;
    // The answer under way was made before the key was removed.
    let removal = async {
        sleep(SECOND / 4).await;
        rig.endpoint.set(answers::rotated_keys);
    };
    let (refreshed, ()) = tokio::join!(rig.keys.refresh(), removal);
    assert_eq!(refreshed, Ok(()));
    assert_eq!(rig.endpoint.requests(), 3);
    assert!(rig.verifier.verify_cached(&token).is_err(), "the removed key still works");
}

#[tokio::test(start_paused = true)]
async fn refreshes_that_come_during_a_fetch_share_the_next_one() {
    let rig = Rig::empty();
    slow(&rig);
    let refreshed = tokio::join!(rig.keys.refresh(), rig.keys.refresh(), rig.keys.refresh());
    assert_eq!(refreshed, (Ok(()), Ok(()), Ok(())));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn refresh_waits_neither_for_the_spacing_nor_for_the_back_off() {
    let rig = Rig::of_age(SECOND).await;
    let start = Instant::now();
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_loop_around_prefetch_waits_for_each_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let mut turns = 0;
    let tried = async {
        while rig.verifier.prefetch().await.is_err() {
            turns += 1;
        }
    };
    let _ = timeout(MINUTE, tried).await;
    assert!((12..=25).contains(&turns), "{turns} turns");
    assert_eq!(rig.endpoint.requests(), turns);
}

#[tokio::test(start_paused = true)]
async fn a_loop_around_prefetch_ends_as_soon_as_the_endpoint_has_recovered() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    rig.verifier.prefetch().await.unwrap_err();
    rig.endpoint.set(answers::keys);
    assert_eq!(rig.verifier.prefetch().await, Ok(()));
    assert!(rig.verifier.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_verifier_is_ready_once_all_its_pools_are() {
    let rig = Rig::empty();
    let verifier = with_second_pool(&rig, &Endpoint::new(answers::rotated_keys));
    assert!(!verifier.is_ready());
    rig.keys.refresh().await.unwrap();
    assert!(!verifier.is_ready());
    verifier.prefetch().await.unwrap();
    assert!(verifier.is_ready());
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_of_a_verifier_reads_the_keys_of_all_its_pools_until_it_is_dropped() {
    let rig = Rig::empty();
    let second = Endpoint::new(answers::rotated_keys);
    let verifier = with_second_pool(&rig, &second);
    let task = verifier.spawn_refresh();
    sleep(6 * MINUTE).await;
    assert_eq!((rig.endpoint.requests(), second.requests()), (2, 2));
    drop(task);
    sleep(60 * MINUTE).await;
    assert_eq!((rig.endpoint.requests(), second.requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn refresh_tells_how_its_own_fetch_ended_though_a_later_one_failed() {
    let rig = Rig::empty();
    let mut refresh = pin!(rig.keys.refresh());
    timeout(Duration::ZERO, &mut refresh).await.unwrap_err();
    sleep(SECOND).await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(refresh.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn refresh_after_a_failed_fetch_succeeds_as_soon_as_the_endpoint_does() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.endpoint.set(answers::keys);
    assert_eq!(rig.keys.refresh().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn prefetch_brings_the_keys_before_the_first_token() {
    let rig = Rig::empty();
    assert_eq!(rig.verifier.prefetch().await, Ok(()));
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn prefetch_does_not_fetch_keys_that_are_at_hand() {
    let rig = Rig::of_age(6 * MINUTE).await;
    assert_eq!(rig.verifier.prefetch().await, Ok(()));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn prefetch_fetches_the_keys_of_every_pool_at_a_time() {
    let rig = Rig::empty();
    slow(&rig);
    let second = Endpoint::new(async |request| {
        sleep(SECOND).await;
        answers::rotated_keys(request).await
    });
    let start = Instant::now();
    assert_eq!(with_second_pool(&rig, &second).prefetch().await, Ok(()));
    assert_eq!(start.elapsed().as_secs(), 1);
    assert_eq!((rig.endpoint.requests(), second.requests()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn prefetch_names_the_pool_that_failed_and_fetches_the_others() {
    let rig = Rig::empty();
    let second = Endpoint::new(answers::outage);
    let verifier = with_second_pool(&rig, &second);
    let error = verifier.prefetch().await.unwrap_err();
    let failed = ROTATED.user_pool();
    let failures: Vec<_> = error.failures().collect();
    assert_eq!(failures, [(failed.id(), &JwksError::Status(503))]);
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_failed_prefetch_names_every_pool_that_failed() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let error = with_second_pool(&rig, &rig.endpoint).prefetch().await.unwrap_err().to_string();
    let [first, second] = [POOL.user_pool(), ROTATED.user_pool()];
    let cause = "the JWKS endpoint answered with status 503 instead of 200";
    let (first, second) = (first.id(), second.id());
    assert_eq!(error, format!("no keys for {first}: {cause}; {second}: {cause}"));
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_brings_the_first_keys() {
    let rig = Rig::empty();
    let _task = rig.keys.spawn_refresh();
    sleep(SECOND).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_keeps_keys_young_without_traffic() {
    let rig = Rig::empty();
    let _task = rig.keys.spawn_refresh();
    for _ in 0..24 * 60 {
        sleep(MINUTE).await;
        assert!(rig.keys.status().age().unwrap() < 6 * MINUTE);
    }
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_asks_no_more_often_than_traffic_would() {
    let rig = Rig::empty();
    let _task = rig.keys.spawn_refresh();
    sleep(60 * MINUTE).await;
    assert!((11..=14).contains(&rig.endpoint.requests()), "{}", rig.endpoint.requests());
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_stops_when_its_task_is_dropped() {
    let rig = Rig::empty();
    let task = rig.keys.spawn_refresh();
    sleep(SECOND).await;
    drop(task);
    sleep(60 * MINUTE).await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_survives_an_outage() {
    let rig = Rig::empty();
    let _task = rig.keys.spawn_refresh();
    sleep(MINUTE).await;
    rig.endpoint.set(answers::outage);
    sleep(25 * 60 * MINUTE).await;
    assert_eq!(rig.keys.status().state(), JwksState::Expired);
    rig.endpoint.set(answers::keys);
    sleep(2 * MINUTE).await;
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn spawn_refresh_backs_off_in_an_outage() {
    let rig = Rig::empty();
    let _task = rig.keys.spawn_refresh();
    sleep(MINUTE).await;
    rig.endpoint.set(answers::outage);
    sleep(10 * 60 * MINUTE).await;
    // Without back-off it would be asked every five seconds: 7,200 times.
    assert!(rig.endpoint.requests() < 3000, "{}", rig.endpoint.requests());
}
