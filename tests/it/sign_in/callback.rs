//! What a callback must meet, and the page of each that does not.

use std::time::Duration;

use axum::Router;
use axum_cognito::testing::{TestClock, TestPool};
use axum_cognito::{AppClient, CognitoVerifier, SignIn};

use super::ADDRESS;
use super::browser::{Browser, From, set_cookies};
use super::rig::{CLIENT, Rig, app};
use crate::common::log::Log;

/// A page for people: a sentence, a way to try again, and nothing of a protocol.
fn is_plain(body: &str, again: &str) {
    assert!(body.contains(&format!(r#"<a href="{again}">Try again</a>"#)), "{body}");
    for code in ["invalid_", "unauthorized_client", "state", "nonce", "exchange", "token", "Error"]
    {
        assert!(!body.contains(code), "{code} in {body}");
    }
}

#[tokio::test]
async fn a_callback_without_a_sign_in_of_this_browser_is_refused() {
    let rig = Rig::new().await;
    let state = "A".repeat(43);
    for query in [
        String::new(),
        "?code=a".to_owned(),
        "?state=".to_owned(),
        format!("?code=a&state={state}"),
        format!("?code=a&state={state}&state={state}"),
        "?code=a&state=%3Cscript%3E".to_owned(),
        format!("?error=access_denied&state={state}"),
        format!("?code=a&state={}", "a".repeat(5000)),
    ] {
        let response = rig.browser().go(&format!("/auth/callback{query}"), From::Elsewhere).await;
        assert_eq!(response.status(), 400, "{query}");
        is_plain(response.body(), "/auth/sign-in");
        assert!(set_cookies(&response).is_empty());
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn a_sign_in_that_took_longer_than_ten_minutes_begins_again() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    rig.advance(601);
    let back = browser.at_pool(&way).await;
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 400);
    is_plain(response.body(), "/auth/sign-in?to=%2Forders");
    assert!(browser.cookie_names().is_empty());
}

#[tokio::test]
async fn an_id_token_with_another_nonce_or_none_is_refused() {
    let rig = Rig::new().await;
    for nonce in ["", "&nonce=another"] {
        let mut browser = rig.browser();
        let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
        let own = way.split('&').find(|pair| pair.starts_with("nonce=")).expect("a nonce");
        let back = browser.at_pool(&way.replace(&format!("&{own}"), nonce)).await;
        let response = browser.go(&back, From::Elsewhere).await;
        assert_eq!(response.status(), 403, "{nonce:?}");
        is_plain(response.body(), "/auth/sign-in?to=%2Forders");
        assert!(browser.session().is_none());
    }
}

#[tokio::test]
async fn a_user_who_cancels_gets_a_page_and_may_try_again() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let state = reqwest::Url::parse(&way).expect("an address");
    let state = state.query_pairs().find(|(name, _)| name == "state").expect("a state").1;
    let back = format!("/auth/callback?error=access_denied&error_description=no&state={state}");
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 403);
    is_plain(response.body(), "/auth/sign-in?to=%2Forders");
}

#[tokio::test]
async fn a_client_without_the_code_grant_is_an_error_in_the_log() {
    let (log, _guard) = Log::start();
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in").await;
    let state = reqwest::Url::parse(&way).expect("an address");
    let state = state.query_pairs().find(|(name, _)| name == "state").expect("a state").1;
    let error = "unauthorized_client&error_description=a%0ab%1b";
    let response =
        browser.go(&format!("/auth/callback?error={error}&state={state}"), From::Elsewhere).await;
    assert_eq!(response.status(), 500);
    is_plain(response.body(), "/auth/sign-in?to=%2F");
    let errors = log.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].contains("unauthorized_client") && errors[0].contains("code grant"),
        "{errors:?}"
    );
    assert!(!errors[0].contains('\u{1b}') && errors[0].contains("a\\nb"), "{errors:?}");
}

#[tokio::test]
async fn a_pool_that_is_down_at_the_callback_is_503_with_a_way_to_try_again() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let back = browser.at_pool(&way).await;
    rig.pool.set_token_outage(true);
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    is_plain(response.body(), "/auth/sign-in?to=%2Forders");
    rig.pool.set_token_outage(false);
    browser.sign_in("/auth/sign-in?to=/orders").await;
    assert!(browser.session().is_some());
}

#[tokio::test]
async fn a_wrong_client_secret_is_an_error_of_the_server() {
    let rig = Rig::with(|client| client.secret("another"), |builder| builder).await;
    rig.pool.add_client(axum_cognito::testing::TestClient::new("web-client").secret("another"));
    let response = rig.browser().sign_in("/auth/sign-in").await;
    assert_eq!(response.status(), 500);
    is_plain(response.body(), "/auth/sign-in?to=%2F");
}

/// An application on the same pool whose clock is another one.
fn app_on(rig: &Rig, clock: &TestClock) -> Router {
    let client = AppClient::builder(&rig.pool, CLIENT)
        .secret("secret-of-the-client")
        .domain(rig.pool.domain())
        .clock(clock.clone());
    let verifier = CognitoVerifier::builder().trust(&rig.pool, CLIENT).clock(clock.clone());
    let verifier = verifier.build().expect("settings that can be");
    let sign_in = SignIn::builder(verifier, client.build().expect("a client"), ADDRESS);
    app(&sign_in.sessions(rig.store.clone()).build().expect("settings that can be"))
}

#[tokio::test]
async fn a_process_whose_clock_is_behind_signs_nobody_in_and_names_the_cause_in_the_log() {
    let (log, _guard) = Log::start();
    let rig = Rig::new().await;
    let behind = TestPool::offline().clock();
    behind.set_back(Duration::from_secs(120));
    let mut browser = Browser::new(app_on(&rig, &behind), rig.pool.router());
    let response = browser.sign_in("/auth/sign-in?to=/orders").await;
    assert_eq!(response.status(), 403);
    is_plain(response.body(), "/auth/sign-in?to=%2Forders");
    assert!(browser.session().is_none());
    assert!(log.text().contains("issued in the future"), "{}", log.text());
}

#[tokio::test]
async fn a_process_whose_clock_is_behind_signs_nobody_out() {
    let rig = Rig::new().await;
    let right = rig.signed_in("alice").await;
    rig.advance(3601 + 120);
    let behind = TestPool::offline().clock();
    behind.advance(Duration::from_secs(3601));
    let mut browser = right.at(app_on(&rig, &behind));
    // It renews, and takes the new token for one of the future.
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 503);
    assert_eq!(right.clone().fetch("GET", "/api/me").await.status(), 200);
}
