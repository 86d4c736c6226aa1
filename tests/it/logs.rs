//! What is logged: the keys' changes and outages, and at the finest level too no token, no secret and
//! nothing that breaks a line.

use std::time::Duration;

use axum::Router;
use axum_cognito::{CognitoLayer, CognitoVerifier, JwksCache, JwksError, JwksResponse};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::common::answers;
use crate::common::endpoint::Endpoint;
use crate::common::log::Log;
use crate::common::pools::{rotated_token, token};
use crate::common::rig::Rig;
use crate::common::send;
use crate::common::served::Served;
use crate::common::tokens::{CLIENT, POOL, access};

/// The first key of the pool, with these members.
fn key_with(members: &Value) -> Value {
    let set: Value = serde_json::from_str(&POOL.jwks()).expect("a JWKS");
    let mut key = set["keys"][0].clone();
    for (name, value) in members.as_object().expect("an object") {
        key[name] = value.clone();
    }
    key
}

/// What is logged while these keys are fetched.
async fn log_of_fetch(keys: Value) -> String {
    let served = Served(json!({ "keys": keys }).to_string().into());
    let cache = JwksCache::builder(POOL.user_pool()).fetcher(served).build();
    let (log, _guard) = Log::start();
    let _ = cache.expect("settings that can be").refresh().await;
    log.text()
}

/// What is logged while a request with this token is answered.
async fn log_of_request(token: &str) -> String {
    let cache = JwksCache::builder(POOL.user_pool()).fetcher(Served(POOL.jwks().into())).build();
    let verifier = CognitoVerifier::builder().trust(cache.expect("settings that can be"), CLIENT);
    let layer = CognitoLayer::new(verifier.build().expect("settings that can be"));
    let (log, _guard) = Log::start();
    let bearer = format!("Bearer {token}");
    send::get(Router::new().layer(layer), &[("authorization", bearer)]).await;
    log.text()
}

/// What is logged while these answers are fetched, one after the other: a text for each.
async fn log_of_answers(answers: &[Result<&Value, u16>]) -> Vec<String> {
    let endpoint = Endpoint::new(async |_| Err(JwksError::TooLong));
    let cache = JwksCache::builder(POOL.user_pool()).fetcher(endpoint.clone()).build();
    let cache = cache.expect("settings that can be");
    let mut logs = Vec::new();
    for answer in answers {
        let answer = match answer {
            Ok(keys) => Ok(json!({ "keys": keys }).to_string()),
            Err(status) => Err(JwksError::Status(*status)),
        };
        endpoint.set(move |_| std::future::ready(answer.clone().map(JwksResponse::new)));
        let (log, _guard) = Log::start();
        let _ = cache.refresh().await;
        logs.push(log.text());
    }
    logs
}

/// Two keys, by their names.
fn two_keys() -> [Value; 2] {
    [key_with(&json!({ "kid": "one" })), key_with(&json!({ "kid": "two" }))]
}

#[tokio::test]
async fn keys_that_come_and_go_are_logged_and_keys_that_stay_are_not() {
    let [one, two] = two_keys();
    let [first, both] = [json!([one]), json!([one, two])];
    let sets = [Ok(&first), Ok(&first), Ok(&both), Ok(&both), Ok(&first)];
    let logs = log_of_answers(&sets).await;
    assert!(logs[0].contains("INFO") && logs[0].contains("the first keys"), "{}", logs[0]);
    let changed = |log: &String| log.contains("the keys of the user pool changed");
    let changes: Vec<_> = logs.iter().map(changed).collect();
    assert_eq!(changes, [false, false, true, false, true]);
    assert!(logs[2].contains("\"two\"") && logs[2].contains("removed=[]"), "{}", logs[2]);
    assert!(logs[4].contains("new=[]") && logs[4].contains("removed=[\"two\"]"), "{}", logs[4]);
}

#[tokio::test]
async fn the_end_of_an_outage_is_logged_once() {
    let keys = json!([key_with(&json!({}))]);
    let answers = [Ok(&keys), Err(503), Err(503), Ok(&keys), Ok(&keys)];
    let logs = log_of_answers(&answers).await;
    let ends: Vec<_> = logs.iter().map(|log| log.contains("answers again")).collect();
    assert_eq!(ends, [false, false, false, true, false]);
    let warnings: Vec<_> = logs.iter().map(|log| log.contains("WARN")).collect();
    assert_eq!(warnings, [false, true, true, false, false]);
}

/// What is logged while a thousand tokens come in ten seconds, and with how many fetches.
async fn log_of_thousand(rig: &Rig, token: &str) -> (String, usize) {
    let (before, (log, _guard)) = (rig.endpoint.requests(), Log::start());
    for _ in 0..1000 {
        // What is said of the token does not matter here.
        let _ = rig.judge(token).await;
        sleep(Duration::from_millis(10)).await;
    }
    (log.text(), rig.endpoint.requests() - before)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tokens_in_an_outage_without_keys_make_one_warning_for_each_fetch() {
    let rig = Rig::empty();
    rig.endpoint.set(answers::outage);
    let (log, fetches) = log_of_thousand(&rig, &token()).await;
    assert!((2..=4).contains(&fetches), "{log}");
    assert_eq!(log.matches("WARN").count(), fetches, "{log}");
    assert_eq!(log.matches("is throttled").count(), fetches, "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tokens_with_an_unknown_key_log_once_that_their_fetch_is_throttled() {
    let rig = Rig::of_age(Duration::from_secs(1)).await;
    let (log, _guard) = Log::start();
    let (token, mut requests) = (rotated_token().sign(), JoinSet::new());
    for _ in 0..1000 {
        let (verifier, token) = (rig.verifier.clone(), token.clone());
        requests.spawn(async move { verifier.verify(&token).await.is_ok() });
    }
    requests.join_all().await;
    let log = log.text();
    assert_eq!(rig.endpoint.requests(), 2, "{log}");
    assert_eq!(log.matches("is throttled").count(), 1, "{log}");
    assert!(log.contains("cause=UnknownKey"), "{log}");
}

#[tokio::test]
async fn a_private_key_in_the_set_is_never_logged() {
    let secrets = json!({ "kid": "leaked", "d": "secret-d", "p": "secret-p", "q": "secret-q" });
    let log = log_of_fetch(json!([key_with(&secrets), key_with(&json!({}))])).await;
    assert!(log.contains("leaked"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_private_key_of_another_form_is_never_logged() {
    let secrets = json!({ "d": { "secret-d": ["secret-d"] }, "kty": "secret-kty", "n": 7 });
    let log = log_of_fetch(json!([key_with(&secrets), "secret-key"])).await;
    assert!(log.contains("skipped"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_kid_of_the_set_does_not_break_the_line_that_names_it() {
    let kid = json!({ "kid": "a\nERROR forged\r\u{1b}[31m" });
    let unusable = json!({ "kid": "b\nERROR forged\u{85}", "use": "enc" });
    let log = log_of_fetch(json!([key_with(&kid), key_with(&unusable)])).await;
    assert!(log.matches("ERROR forged").count() >= 2, "{log}");
    assert!(log.lines().all(|line| !line.starts_with("ERROR")), "{log}");
    assert!(!log.contains(['\r', '\u{1b}', '\u{85}']), "{log:?}");
}

#[tokio::test]
async fn a_kid_that_left_the_set_does_not_break_the_line_that_names_it() {
    let [one, _] = two_keys();
    let evil = key_with(&json!({ "kid": "a\nERROR forged\r\u{1b}[31m\u{85}" }));
    let logs = log_of_answers(&[Ok(&json!([one, evil])), Ok(&json!([one]))]).await;
    let log = &logs[1];
    assert!(log.contains("new=[]") && log.contains("ERROR forged"), "{log}");
    assert!(log.lines().all(|line| !line.starts_with("ERROR")), "{log}");
    assert!(!log.contains(['\r', '\u{1b}', '\u{85}']), "{log:?}");
}

#[tokio::test]
async fn a_kid_of_a_token_does_not_break_a_line() {
    let token = access().header("kid", "a\nERROR forged\r\u{1b}[31m").sign();
    let log = log_of_request(&token).await;
    assert!(log.contains("rejected a request"), "{log}");
    assert!(log.lines().all(|line| !line.starts_with("ERROR")), "{log}");
    assert!(!log.contains(['\r', '\u{1b}']), "{log:?}");
}

#[tokio::test]
async fn no_part_of_a_token_is_logged() {
    let good = access();
    let tokens = [
        good.clone().sign(),
        good.clone().expired().sign(),
        good.clone().claim("iss", "https://secret.example").sign(),
        good.clone().claim("scope", 7).sign(),
        good.clone().header("alg", "secret").sign(),
        POOL.refresh_token(),
        "secret.secret".to_owned(),
    ];
    for token in tokens {
        let log = log_of_request(&token).await;
        assert!(log.contains("axum_cognito"), "{log}");
        assert!(token.split('.').all(|part| !log.contains(part)), "{log}");
        assert!(!log.contains("secret") && !log.contains("alice"), "{log}");
    }
}
