//! Renewals: one for a session, whoever asks, and nobody is signed out by one.

use std::time::Duration;

use axum_cognito::{MemorySessions, SessionStore as _};
use tokio::task::JoinSet;

use super::browser::{Browser, From};
use super::rig::{Rig, app};

/// The statuses of calls that are made at a time.
async fn statuses(calls: impl IntoIterator<Item = Browser>) -> Vec<u16> {
    let calls = calls
        .into_iter()
        .map(|mut browser| async move { browser.fetch("GET", "/api/me").await.status().as_u16() });
    calls.collect::<JoinSet<_>>().join_all().await
}

#[tokio::test]
async fn an_expired_token_is_renewed_without_the_browser_noticing() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let (before, session) = (browser.fetch("GET", "/api/token").await, browser.session());
    rig.advance(3601);
    let after = browser.go("/orders", From::Here).await;
    assert_eq!((after.status().as_u16(), after.body()), (200, &rig.pool.sub_of("alice")));
    assert_ne!(browser.fetch("GET", "/api/token").await.body(), before.body());
    assert_eq!(browser.session(), session);
    assert_eq!(rig.pool.token_requests(), 2);
}

#[tokio::test]
async fn two_hundred_requests_at_one_expiry_make_one_renewal() {
    let rig = Rig::new().await;
    let browser = rig.signed_in("alice").await;
    rig.advance(3601);
    let answers = statuses(std::iter::repeat_n(browser, 200)).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(rig.pool.token_requests(), 2);
}

#[tokio::test]
async fn a_token_with_a_minute_left_is_renewed_in_the_background() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let before = browser.fetch("GET", "/api/token").await.body().clone();
    rig.advance(3550);
    rig.pool.set_token_latency(Duration::from_millis(200));
    let during = browser.fetch("GET", "/api/token").await.body().clone();
    assert_eq!(during, before);
    let mut after = before.clone();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        after = browser.fetch("GET", "/api/token").await.body().clone();
        if after != before {
            break;
        }
    }
    assert_ne!(after, before);
    assert_eq!(rig.pool.token_requests(), 2);
}

#[tokio::test]
async fn four_processes_on_one_store_make_one_renewal() {
    // Without a grace period, so that a second one would end the sign-in.
    let rig = Rig::with(|client| client.rotation(Duration::ZERO), |builder| builder).await;
    let browser = rig.signed_in("alice").await;
    rig.advance(3601);
    let processes = (0..4).map(|_| {
        let builder = rig.builder().sessions(rig.store.clone());
        app(&builder.build().expect("settings that can be"))
    });
    let browsers: Vec<_> = processes.map(|app| browser.at(app)).collect();
    let calls = browsers.iter().cycle().take(40).cloned();
    let answers = statuses(calls).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(rig.pool.token_requests(), 2);
}

#[tokio::test]
async fn a_thousand_sessions_that_expire_at_one_instant_lose_nobody() {
    let rig = Rig::new().await;
    let mut browsers = Vec::new();
    for number in 0..1000 {
        browsers.push(rig.signed_in(&format!("user-{}", number % 10)).await);
    }
    let sign_ins = rig.pool.token_requests();
    rig.advance(3601);
    let answers = statuses(browsers.iter().cloned()).await;
    let served = answers.iter().filter(|status| **status == 200).count();
    assert!(answers.iter().all(|status| matches!(status, 200 | 503)), "{answers:?}");
    assert!(served >= 20, "{served}");
    // Paced: an account has 120 a second, for everybody.
    assert!(rig.pool.token_requests() - sign_ins <= 400, "{}", rig.pool.token_requests());
    // Nobody is signed out: each is still a session.
    let sessions = format!("{:?}", rig.store);
    assert!(sessions.contains("sessions: 1000"), "{sessions}");
}

#[tokio::test]
async fn a_sign_in_that_ended_at_the_pool_ends_the_session() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    rig.pool.sign_out_user("alice");
    rig.advance(3601);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
    assert_eq!(browser.go("/orders", From::Here).await.status(), 303);
    assert!(format!("{:?}", rig.store).contains("sessions: 0"));
}

#[tokio::test]
async fn a_pool_that_is_down_is_503_and_the_session_is_kept() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    rig.advance(3601);
    rig.pool.set_token_outage(true);
    let response = browser.fetch("GET", "/api/me").await;
    assert_eq!(response.status(), 503, "{}", response.body());
    assert!(response.headers().contains_key("retry-after"));
    let page = browser.go("/orders", From::Here).await;
    assert_eq!(page.status(), 503);
    assert!(page.body().contains("You are still signed in"), "{}", page.body());
    rig.pool.set_token_outage(false);
    rig.advance(60);
    let mut status = 503;
    for _ in 0..100 {
        status = browser.fetch("GET", "/api/me").await.status().as_u16();
        if status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_wrong_client_secret_signs_nobody_out() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let changed = axum_cognito::testing::TestClient::new("web-client").secret("another-secret");
    rig.pool.add_client(changed);
    rig.advance(3601);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 503);
    assert!(format!("{:?}", rig.store).contains("sessions: 1"));
}

#[tokio::test]
async fn a_renewal_whose_request_went_away_is_not_lost() {
    let rig = Rig::with(|client| client.rotation(Duration::ZERO), |builder| builder).await;
    let mut browser = rig.signed_in("alice").await;
    rig.advance(3601);
    rig.pool.set_token_latency(Duration::from_millis(300));
    let mut gone = browser.clone();
    let call = tokio::spawn(async move { gone.fetch("GET", "/api/me").await.status() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    call.abort();
    rig.pool.set_token_latency(Duration::ZERO);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    assert_eq!(rig.pool.token_requests(), 2);
}

#[tokio::test]
async fn an_old_refresh_token_is_never_written_over_a_newer_one() {
    let rig = Rig::new().await;
    let browser = rig.signed_in("alice").await;
    // Another process, whose clock shows the same, and which holds an older copy of the store.
    let copy = MemorySessions::default();
    let id = browser.clone().fetch("GET", "/api/id").await.body().clone();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).expect("hex")).collect();
    let key = axum_cognito::SessionKey::from_bytes(bytes.try_into().expect("32 bytes"));
    let stored = rig.store.load(key).await.expect("a store").expect("a session");
    assert!(copy.create(key, stored.record, Duration::from_secs(60)).await.expect("a store"));
    rig.advance(3601);
    assert_eq!(statuses([browser.clone()]).await, [200]);
    let newer = rig.store.load(key).await.expect("a store").expect("a session");
    let late = copy.load(key).await.expect("a store").expect("a session");
    let written =
        rig.store.compare_and_set(key, stored.version, late.record, Duration::from_secs(60));
    assert!(!written.await.expect("a store"));
    let now = rig.store.load(key).await.expect("a store").expect("a session");
    assert!(now == newer);
}

#[tokio::test]
async fn an_access_token_of_another_kind_of_verifier_is_renewed_too() {
    use axum_cognito::{CognitoVerifier, SignIn, TokenUse};
    let rig = Rig::new().await;
    let builder = CognitoVerifier::builder().trust(&rig.pool, "web-client").clock(rig.pool.clock());
    let verifier = builder.token_use(TokenUse::Id).build().expect("settings that can be");
    let sign_in = SignIn::builder(verifier, rig.client.clone(), super::ADDRESS);
    let app = app(&sign_in.build().expect("settings that can be"));
    let mut browser = Browser::new(app, rig.pool.router());
    browser.sign_in("/auth/sign-in").await;
    assert_eq!(browser.fetch("GET", "/api/me").await.body(), &rig.pool.sub_of("alice"));
    rig.advance(3601);
    assert_eq!(browser.fetch("GET", "/api/me").await.body(), &rig.pool.sub_of("alice"));
}
