//! A flood of tokens with keys that nobody has: few fetches, and the others' tokens answered at once.

use std::time::Duration;

use axum_cognito::{CognitoVerifier, JwksError, JwksRequest, JwksResponse, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);
/// How often a hundred tokens come, so that they are a hundred thousand in a minute.
const BEAT: Duration = Duration::from_millis(60);

/// A well-formed token whose `kid` no other has. Its signature is wrong, but nobody gets that far.
fn token_with_kid(number: u32, template: &str) -> String {
    let (_, payload_and_signature) = template.split_once('.').unwrap();
    let header = format!(r#"{{"kid":"{number}","alg":"RS256"}}"#);
    format!("{}.{payload_and_signature}", URL_SAFE_NO_PAD.encode(header))
}

/// Like this token, a hundred with a `kid` of its own for each; gives what is said of them.
async fn a_hundred(
    verifier: CognitoVerifier,
    template: String,
    hundred: u32,
) -> Vec<Option<VerifyError>> {
    let mut verdicts = Vec::new();
    for number in hundred * 100..(hundred + 1) * 100 {
        verdicts.push(verifier.verify(&token_with_kid(number, &template)).await.err());
    }
    verdicts
}

/// The tokens of so many beats; `each_beat` happens beside them.
async fn flood(
    rig: &Rig,
    template: &str,
    beats: u32,
    mut each_beat: impl AsyncFnMut(u32),
) -> Vec<Option<VerifyError>> {
    let mut flood = JoinSet::new();
    for beat in 0..beats {
        flood.spawn(a_hundred(rig.verifier.clone(), template.to_owned(), beat));
        sleep(BEAT).await;
        each_beat(beat).await;
    }
    flood.join_all().await.concat()
}

/// The keys of before and after a rotation, which take a moment.
async fn slow_keys_of_both(_: JwksRequest) -> Result<JwksResponse, JwksError> {
    sleep(SECOND / 2).await;
    let keys = [POOL.jwks(), ROTATED.jwks()].map(|jwks| {
        let mut set: Value = serde_json::from_str(&jwks).unwrap();
        set["keys"].take()
    });
    let keys: Vec<_> = keys.iter().filter_map(Value::as_array).flatten().collect();
    Ok(JwksResponse::new(serde_json::json!({ "keys": keys }).to_string()))
}

/// Fresh keys, and an endpoint that takes a moment for them.
async fn slow_rig() -> Rig {
    let rig = Rig::of_age(60 * SECOND).await;
    rig.endpoint.set(async |request| {
        sleep(SECOND / 2).await;
        answers::keys(request).await
    });
    rig
}

fn all(verdicts: &[Option<VerifyError>], expected: impl Fn(&VerifyError) -> bool) {
    let other = verdicts.iter().find(|verdict| !verdict.as_ref().is_some_and(&expected));
    assert!(other.is_none(), "{other:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_unknown_keys_and_a_rotation_in_a_minute_cost_24_fetches_at_most() {
    let rig = slow_rig().await;
    let (good, rotated) = (token(), rotated_token().sign());
    let mut accepted_after = None;
    let (start, mut requests) = (Instant::now(), JoinSet::new());
    for beat in 0..1000 {
        for number in beat * 100..(beat + 1) * 100 {
            let (verifier, token) = (rig.verifier.clone(), token_with_kid(number, &good));
            requests.spawn(async move { verifier.verify(&token).await.err() });
        }
        assert_eq!(at_once(rig.judge(&good)).0, Ok(()), "a known key waits");
        if beat == 500 {
            rig.endpoint.set(slow_keys_of_both);
        }
        if beat >= 500 && accepted_after.is_none() {
            let accepted = rig.verifier.verify_cached(&rotated).is_ok();
            accepted_after = accepted.then(|| start.elapsed().as_secs() - 30);
        }
        sleep(BEAT).await;
    }
    assert!(rig.endpoint.requests() <= 1 + 25, "{} fetches", rig.endpoint.requests());
    assert!(accepted_after.is_some_and(|seconds| seconds <= 3), "{accepted_after:?}");
    let (unknown, unavailable): (Vec<_>, Vec<_>) = requests
        .join_all()
        .await
        .into_iter()
        .partition(|verdict| *verdict == Some(VerifyError::UnknownKey));
    all(&unavailable, VerifyError::is_unavailable);
    assert!(unknown.len() >= 20_000, "only {} waited for the answer", unknown.len());
}

#[tokio::test(start_paused = true)]
async fn a_trickle_of_unknown_keys_gets_no_5xx_and_24_fetches_a_minute_at_most() {
    let rig = slow_rig().await;
    let (good, mut requests) = (token(), JoinSet::new());
    for number in 0..600 {
        let (verifier, token) = (rig.verifier.clone(), token_with_kid(number, &good));
        requests.spawn(async move { verifier.verify(&token).await.err() });
        assert_eq!(at_once(rig.judge(&good)).0, Ok(()), "a known key waits");
        sleep(SECOND / 10).await;
    }
    assert!(rig.endpoint.requests() <= 1 + 25, "{} fetches", rig.endpoint.requests());
    all(&requests.join_all().await, |error| *error == VerifyError::UnknownKey);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_key_is_never_refused_though_unknown_ones_came_just_before() {
    let rig = slow_rig().await;
    for number in 0..3 {
        rig.judge(&token_with_kid(number, &token())).await.0.unwrap_err();
    }
    rig.endpoint.set(slow_keys_of_both);
    let (verdict, waited) = rig.judge(&rotated_token().sign()).await;
    assert_eq!(verdict, Ok(()));
    assert!(waited <= 3 * SECOND, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_wait_at_a_time_and_one_more_is_told_to_come_again() {
    let rig = Rig::of_age(60 * SECOND).await;
    rig.endpoint.set(async |_| std::future::pending().await);
    let (template, mut waiting) = (token(), JoinSet::new());
    for number in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token_with_kid(number, &template));
        waiting.spawn(async move { verifier.verify(&token).await.err() });
    }
    sleep(SECOND).await;
    assert_eq!(waiting.len(), 1000);
    assert!(waiting.try_join_next().is_none(), "one did not wait");
    let one_more = at_once(rig.judge(&token_with_kid(1000, &template))).0.unwrap_err();
    assert!(one_more.is_unavailable(), "{one_more:?}");
    assert_eq!(at_once(rig.judge(&template)).0, Ok(()));
    // Those who no longer wait leave their places to others.
    waiting.abort_all();
    while waiting.join_next().await.is_some() {}
    rig.endpoint.set(answers::keys);
    sleep(5 * SECOND).await;
    let later = rig.judge(&token_with_kid(1001, &template)).await.0;
    assert_eq!(later, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_wait_for_the_first_keys_and_one_more_is_told_to_come_again() {
    let rig = Rig::empty();
    rig.endpoint.set(async |_| std::future::pending().await);
    let (token, mut waiting) = (token(), JoinSet::new());
    for _ in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token.clone());
        waiting.spawn(async move { verifier.verify(&token).await.err() });
    }
    sleep(SECOND).await;
    let one_more = at_once(rig.judge(&token)).0.unwrap_err();
    assert!(one_more.is_unavailable(), "{one_more:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_on_a_cold_start_in_an_outage_costs_24_fetches_a_minute_at_most() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let verdicts = flood(&rig, &token(), 100, async |_| sleep(9 * BEAT).await).await;
    all(&verdicts, |error| matches!(error, VerifyError::KeysUnavailable { .. }));
    assert!((2..=25).contains(&rig.endpoint.requests()), "{} fetches", rig.endpoint.requests());
}

#[tokio::test(start_paused = true)]
async fn a_flood_in_an_outage_does_not_keep_known_keys_waiting() {
    let rig = Rig::of_age(360 * SECOND).await;
    rig.endpoint.set(async |request| {
        sleep(SECOND / 2).await;
        answers::outage(request).await
    });
    let good = token();
    rig.keys.refresh().await.unwrap_err();
    let verdicts = flood(&rig, &good, 100, async |_| {
        assert_eq!(at_once(rig.judge(&good)).0, Ok(()));
        sleep(9 * BEAT).await;
    })
    .await;
    all(&verdicts, |error| matches!(error, VerifyError::KeysUnavailable { .. }));
    assert!(rig.endpoint.requests() <= 2 + 25, "{} fetches", rig.endpoint.requests());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_unknown_keys_at_a_time_cost_one_fetch() {
    let rig = slow_rig().await;
    let (start, mut requests) = (Instant::now(), JoinSet::new());
    for number in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token_with_kid(number, &token()));
        requests.spawn(async move { verifier.verify(&token).await.err() });
    }
    all(&requests.join_all().await, |error| *error == VerifyError::UnknownKey);
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    assert_eq!(rig.endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_expired_tokens_with_unknown_keys_costs_no_fetch() {
    let rig = slow_rig().await;
    let expired = POOL.access_token("alice").client_id("app").expired().sign();
    let verdicts = flood(&rig, &expired, 100, async |_| ()).await;
    all(&verdicts, |error| *error == VerifyError::Expired);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_foreign_tokens_with_unknown_keys_costs_no_fetch() {
    let rig = slow_rig().await;
    let foreign = ROTATED.access_token("mallory").client_id("app").sign();
    let verdicts = flood(&rig, &foreign, 100, async |_| ()).await;
    all(&verdicts, |error| *error == VerifyError::Issuer);
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_leaves_no_trace_in_the_key_set() {
    let rig = slow_rig().await;
    let before = rig.keys.status().key_ids().to_vec();
    flood(&rig, &token(), 100, async |_| ()).await;
    assert_eq!(rig.keys.status().key_ids(), before);
}

#[tokio::test(start_paused = true)]
async fn a_flood_does_not_keep_a_removed_key_in_use() {
    let rig = slow_rig().await;
    rig.endpoint.set(answers::rotated_keys);
    flood(&rig, &token(), 100, async |_| ()).await;
    assert_eq!(rig.judge(&token()).await.0, Err(VerifyError::UnknownKey));
    assert_eq!(rig.judge(&rotated_token().sign()).await.0, Ok(()));
}
