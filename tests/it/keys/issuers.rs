//! The two issuers of a pool: the second has its own keys, and is asked only when a token names it.

use std::time::Duration;

use axum_cognito::{JwksCache, JwksError, JwksRequest, JwksState, VerifyError};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{POOL, rotated_token, token, verifier};
use crate::common::rig::Rig;

const MINUTE: Duration = Duration::from_secs(60);

fn second_issuer() -> String {
    POOL.user_pool().issuers()[1].clone()
}

/// A token of the second issuer, signed with its key.
fn second_token() -> String {
    rotated_token().claim("iss", second_issuer()).sign()
}

/// No keys yet, and a second issuer that answers as it does for most pools.
fn not_opted_in() -> Rig {
    let rig = Rig::empty();
    rig.endpoint.set(async |request| match request.url().contains("issuer-cognito-idp") {
        true => Err(JwksError::Status(403)),
        false => answers::keys(request).await,
    });
    rig
}

/// Fresh keys of the first issuer, and a second one that answers with others.
async fn opted_in() -> Rig {
    let rig = Rig::of_age(MINUTE).await;
    rig.endpoint.set(async |request| match request.url().contains("issuer-cognito-idp") {
        true => answers::rotated_keys(request).await,
        false => answers::keys(request).await,
    });
    rig
}

/// A second issuer that answers with this status.
fn answering(status: u16) -> Rig {
    let rig = Rig::empty();
    rig.endpoint.set(move |request: JwksRequest| async move {
        match request.url().contains("issuer-cognito-idp") {
            true => Err(JwksError::Status(status)),
            false => answers::keys(request).await,
        }
    });
    rig
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_answers_403_or_404_does_not_exist() {
    for status in [403, 404] {
        let rig = answering(status);
        assert_eq!(rig.judge(&second_token()).await.0, Err(VerifyError::Issuer), "{status}");
        assert_eq!(at_once(rig.judge(&second_token())).0, Err(VerifyError::Issuer), "{status}");
        let cached = rig.verifier.verify_cached(&second_token()).map(drop);
        assert_eq!(cached, Err(VerifyError::Issuer), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_answers_otherwise_is_unavailable() {
    for status in [400, 429, 500, 503] {
        let refused = answering(status).judge(&second_token()).await.0.unwrap_err();
        assert!(refused.is_unavailable(), "{status}: {refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_issuer_that_answers_403_is_unavailable() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| Err(JwksError::Status(403)));
    let refused = rig.judge(&token()).await.0.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_forged_second_issuer_costs_one_fetch_in_five_minutes_and_no_5xx() {
    let rig = not_opted_in();
    rig.keys.refresh().await.unwrap();
    for _ in 0..2990 {
        assert_eq!(rig.judge(&second_token()).await.0, Err(VerifyError::Issuer));
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(rig.endpoint.requests(), 2);
    sleep(MINUTE).await;
    assert_eq!(rig.judge(&second_token()).await.0, Err(VerifyError::Issuer));
    assert_eq!(rig.endpoint.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_opts_in_has_its_second_issuer_five_minutes_later() {
    let rig = not_opted_in();
    rig.judge(&second_token()).await.0.unwrap_err();
    rig.endpoint.set(answers::rotated_keys);
    sleep(5 * MINUTE).await;
    assert_eq!(rig.judge(&second_token()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_had_keys_and_answers_403_is_in_an_outage() {
    let rig = opted_in().await;
    let token = second_token();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    rig.endpoint.set(async |_| Err(JwksError::Status(403)));
    sleep(6 * MINUTE).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    sleep(MINUTE).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    let status = rig.keys.status_of(&second_issuer()).unwrap();
    assert_eq!(status.state(), JwksState::Outage);
}

#[tokio::test(start_paused = true)]
async fn refresh_reads_every_issuer_in_use_and_no_other() {
    let used = opted_in().await;
    let token = second_token();
    assert_eq!(used.judge(&token).await.0, Ok(()));
    used.endpoint.set(answers::keys);
    used.keys.refresh().await.unwrap();
    assert!(used.verifier.verify_cached(&token).is_err(), "the leaked key still works");
    let unused = opted_in().await;
    let before = unused.endpoint.requests();
    unused.keys.refresh().await.unwrap();
    assert_eq!(unused.endpoint.requests(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn refresh_says_that_a_second_issuer_in_use_could_not_be_read() {
    let rig = opted_in().await;
    assert_eq!(rig.judge(&second_token()).await.0, Ok(()));
    rig.endpoint.set(async |request| match request.url().contains("issuer-cognito-idp") {
        true => Err(JwksError::Status(503)),
        false => answers::keys(request).await,
    });
    assert_eq!(rig.keys.refresh().await, Err(JwksError::Status(503)));
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_answers_403_does_not_break_the_start() {
    let rig = not_opted_in();
    assert_eq!(rig.verifier.prefetch().await, Ok(()));
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_answers_403_does_not_touch_the_first() {
    let rig = not_opted_in();
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&second_token()).await.0, Err(VerifyError::Issuer));
    assert_eq!(at_once(rig.judge(&token())).0, Ok(()));
    assert_eq!(rig.keys.status().state(), JwksState::Fresh);
    assert_eq!(rig.keys.status().fetches_failed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_answers_403_does_not_delay_the_fetches_of_the_first() {
    let rig = not_opted_in();
    rig.keys.refresh().await.unwrap();
    sleep(MINUTE).await;
    rig.judge(&second_token()).await.0.unwrap_err();
    rig.endpoint.set(answers::rotated_keys);
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_is_not_asked_before_a_token_names_it() {
    let rig = opted_in().await;
    sleep(10 * MINUTE).await;
    assert_eq!(rig.judge(&token()).await.0, Ok(()));
    sleep(MINUTE).await;
    let status = rig.keys.status_of(&second_issuer()).unwrap();
    assert_eq!(status.state(), JwksState::Empty);
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_second_issuer_is_verified_with_the_keys_of_that_issuer() {
    let rig = opted_in().await;
    assert_eq!(rig.judge(&second_token()).await.0, Ok(()));
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_second_issuer_does_not_verify_a_token_of_the_first() {
    let rig = opted_in().await;
    assert_eq!(rig.judge(&second_token()).await.0, Ok(()));
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_first_issuer_does_not_touch_the_second() {
    let rig = opted_in().await;
    let token = second_token();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    rig.endpoint.set(async |request| match request.url().contains("issuer-cognito-idp") {
        true => answers::rotated_keys(request).await,
        false => answers::outage(request).await,
    });
    rig.keys.refresh().await.unwrap_err();
    let status = rig.keys.status_of(&second_issuer()).unwrap();
    assert_eq!(status.state(), JwksState::Fresh);
    assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_in_use_is_kept_young_and_one_that_is_not_is_left_alone() {
    let used = opted_in().await;
    assert_eq!(used.judge(&second_token()).await.0, Ok(()));
    let unused = opted_in().await;
    let _tasks = [used.keys.spawn_refresh(), unused.keys.spawn_refresh()];
    sleep(6 * MINUTE).await;
    let state = |rig: &Rig| rig.keys.status_of(&second_issuer()).unwrap().state();
    assert_eq!(state(&used), JwksState::Fresh);
    assert_eq!(state(&unused), JwksState::Empty);
}

#[tokio::test(start_paused = true)]
async fn two_issuers_whose_keys_are_in_one_place_share_them() {
    let rig = Rig::empty();
    let pool = POOL.user_pool().with_jwks_url("https://keys.example.com/jwks.json").unwrap();
    let keys = JwksCache::builder(pool).fetcher(rig.endpoint.clone()).clock(POOL.clock());
    let verifier = verifier(&keys.build().unwrap());
    let second = POOL.access_token("alice").client_id("app").claim("iss", second_issuer());
    assert!(verifier.verify(&token()).await.is_ok());
    assert!(at_once(verifier.verify(&second.sign())).is_ok());
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_not_the_pools_has_no_status() {
    let rig = opted_in().await;
    assert!(rig.keys.status_of("https://issuer.example.com").is_none());
}
