//! For how long keys count as fresh: `refresh_after`, `max-age`, and answers that nothing changed.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum_cognito::{JwksCache, JwksError, JwksRequest, JwksResponse, JwksState, VerifyError};
use tokio::time::{Instant, sleep};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::pools::{POOL, ROTATED, keys_at, rotated_token, token};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// After how many seconds the keys are due, of twenty fetches.
async fn due_after(keys: &JwksCache) -> Vec<u64> {
    let mut ages = Vec::new();
    for _ in 0..20 {
        keys.refresh().await.unwrap();
        let start = Instant::now();
        while keys.status().state() == JwksState::Fresh {
            sleep(SECOND).await;
        }
        ages.push(start.elapsed().as_secs());
    }
    ages
}

/// After how many seconds keys are due whose answer has this `max-age`.
async fn due_after_max_age<const SECONDS: u64>() -> Vec<u64> {
    let endpoint = Endpoint::new(async |_| {
        Ok(JwksResponse::new(POOL.jwks()).with_max_age(Duration::from_secs(SECONDS)))
    });
    due_after(&keys_at(&endpoint).build().unwrap()).await
}

fn all_within(ages: &[u64], range: RangeInclusive<u64>) {
    assert!(ages.iter().all(|age| range.contains(age)), "{ages:?}");
}

/// Nothing changed since the answer with the first ETag, and nothing else is asked for.
async fn unchanged_since_one(request: JwksRequest) -> Result<JwksResponse, JwksError> {
    match request.etag() {
        Some("\"one\"") => Ok(JwksResponse::not_modified()),
        _ => Err(JwksError::Status(400)),
    }
}

/// Fresh keys that came with an ETag, and an endpoint to which nothing changed since.
async fn with_etag() -> Rig {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| Ok(JwksResponse::new(POOL.jwks()).with_etag("\"one\"")));
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(unchanged_since_one);
    rig
}

#[tokio::test(start_paused = true)]
async fn keys_are_due_after_five_minutes_give_or_take_a_tenth() {
    all_within(&due_after(&Rig::empty().keys).await, 270..=330);
}

#[tokio::test(start_paused = true)]
async fn programs_that_started_together_do_not_all_refresh_together() {
    let ages = due_after(&Rig::empty().keys).await;
    assert!(ages.iter().any(|age| age.abs_diff(ages[0]) > 5), "{ages:?}");
}

#[tokio::test(start_paused = true)]
async fn keys_are_due_after_the_time_that_is_set() {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).refresh_after(1000 * SECOND).build().unwrap();
    all_within(&due_after(&keys).await, 900..=1100);
}

#[tokio::test(start_paused = true)]
async fn a_time_of_less_than_a_minute_is_taken_as_it_is_set() {
    let rig = Rig::empty();
    let keys = keys_at(&rig.endpoint).refresh_after(20 * SECOND).build().unwrap();
    all_within(&due_after(&keys).await, 18..=22);
}

#[tokio::test(start_paused = true)]
async fn a_max_age_shortens_the_time_until_keys_are_due() {
    all_within(&due_after_max_age::<120>().await, 108..=132);
}

#[tokio::test(start_paused = true)]
async fn a_max_age_of_zero_shortens_it_to_about_a_minute() {
    all_within(&due_after_max_age::<0>().await, 60..=66);
}

#[tokio::test(start_paused = true)]
async fn a_max_age_of_a_day_does_not_lengthen_it() {
    all_within(&due_after_max_age::<86_400>().await, 270..=330);
}

#[tokio::test(start_paused = true)]
async fn keys_are_not_read_again_while_they_are_fresh() {
    let rig = Rig::of_age(260 * SECOND).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    sleep(SECOND).await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_keys_counts_from_the_start_of_their_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(async |request| {
        sleep(2 * SECOND).await;
        answers::keys(request).await
    });
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.keys.status().age().unwrap().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_fetch_sends_no_etag() {
    let rig = Rig::empty();
    rig.endpoint.set(async |request| match request.etag() {
        None => answers::keys(request).await,
        Some(_) => Err(JwksError::Status(400)),
    });
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nothing_changed_makes_the_keys_young_again() {
    let rig = with_etag().await;
    sleep(600 * SECOND).await;
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nothing_changed_does_not_bring_expired_keys_back() {
    let rig = with_etag().await;
    rig.endpoint.set(async |_| Ok(JwksResponse::not_modified()));
    sleep(25 * HOUR).await;
    let refused = rig.judge(&token()).await.0.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nothing_changed_keeps_the_etag_for_the_next_fetch() {
    let rig = with_etag().await;
    rig.keys.refresh().await.unwrap();
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.keys.status().fetches_succeeded(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_an_answer_that_nothing_changed_does_not_bring_is_unknown() {
    let rig = with_etag().await;
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nothing_changed_since_nothing_is_a_failed_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| Ok(JwksResponse::not_modified()));
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(rig.keys.status().state(), JwksState::Empty);
}

#[tokio::test(start_paused = true)]
async fn new_keys_replace_the_etag() {
    let rig = with_etag().await;
    rig.endpoint.set(async |_| Ok(JwksResponse::new(ROTATED.jwks()).with_etag("\"two\"")));
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(async |request| match request.etag() {
        Some("\"two\"") => Ok(JwksResponse::not_modified()),
        _ => Err(JwksError::Status(400)),
    });
    assert_eq!(rig.keys.refresh().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn new_keys_without_an_etag_forget_the_one_before() {
    let rig = with_etag().await;
    rig.endpoint.set(answers::rotated_keys);
    rig.keys.refresh().await.unwrap();
    rig.endpoint.set(async |request| match request.etag() {
        None => answers::keys(request).await,
        Some(_) => Err(JwksError::Status(400)),
    });
    assert_eq!(rig.keys.refresh().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_forget_the_etag() {
    let rig = with_etag().await;
    rig.endpoint.set(answers::outage);
    rig.keys.refresh().await.unwrap_err();
    rig.endpoint.set(unchanged_since_one);
    assert_eq!(rig.keys.refresh().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_etag_of_an_answer_without_usable_keys_is_not_taken() {
    let rig = with_etag().await;
    rig.endpoint.set(async |_| Ok(JwksResponse::new("<html>").with_etag("\"two\"")));
    rig.keys.refresh().await.unwrap_err();
    rig.endpoint.set(unchanged_since_one);
    assert_eq!(rig.keys.refresh().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nothing_changed_confirms_no_keys_without_an_etag() {
    let rig = Rig::of_age(Duration::from_secs(60)).await;
    rig.endpoint.set(async |_| Ok(JwksResponse::not_modified()));
    rig.keys.refresh().await.unwrap_err();
    assert_eq!(rig.keys.status().age(), Some(Duration::from_secs(60)));
}

/// A cache on the way that answers 304 to everything that asks with an ETag.
async fn always_unchanged(request: JwksRequest) -> Result<JwksResponse, JwksError> {
    match request.etag() {
        Some(_) => Ok(JwksResponse::not_modified()),
        None => Err(JwksError::Status(502)),
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_nothing_changed_do_not_keep_keys_in_use_beyond_max_stale() {
    let rig = with_etag().await;
    rig.endpoint.set(always_unchanged);
    let token = POOL.access_token("alice").client_id("app").expires_in(48 * HOUR).sign();
    let _task = rig.keys.spawn_refresh();
    sleep(23 * HOUR).await;
    assert!(rig.verifier.verify_cached(&token).is_ok());
    assert_eq!(rig.keys.status().state(), JwksState::Outage);
    sleep(HOUR).await;
    let refused = rig.verifier.verify_cached(&token).unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert_eq!(rig.keys.status().state(), JwksState::Expired);
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_read_half_of_max_stale_ago_are_read_in_full() {
    let rig = with_etag().await;
    rig.endpoint.set(async |request| match request.etag() {
        Some(_) => Ok(JwksResponse::not_modified()),
        None => Ok(JwksResponse::new(ROTATED.jwks()).with_etag("\"two\"")),
    });
    let _task = rig.keys.spawn_refresh();
    sleep(11 * HOUR).await;
    assert!(rig.keys.status().key_ids().contains(&POOL.access_key_id()));
    sleep(2 * HOUR).await;
    assert!(rig.keys.status().key_ids().contains(&ROTATED.access_key_id()));
    assert_eq!(rig.keys.status().fetches_failed(), 0);
}
