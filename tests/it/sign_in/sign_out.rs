//! Signing out: here, elsewhere, everywhere.

use std::time::Duration;

use axum_cognito::VerifyError;

use super::ADDRESS;
use super::browser::{From, location, set_cookies};
use super::rig::{Rig, verifier};
use crate::common::log::Log;

#[tokio::test]
async fn a_sign_out_ends_session_sign_in_and_refresh_token_and_goes_on_to_the_pool() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let token = browser.fetch("GET", "/api/token").await.body().clone();
    let kept = browser.clone();
    let response = browser.submit("/auth/sign-out", ADDRESS).await;
    assert_eq!(response.status(), 303);
    let expected = format!(
        "{}/logout?client_id=web-client&logout_uri=https%3A%2F%2Fapp.example.com%2F",
        rig.pool.domain()
    );
    assert_eq!(location(&response), expected);
    assert!(browser.session().is_none());
    // Whoever kept the cookie or the token has nothing.
    assert_eq!(kept.clone().fetch("GET", "/api/me").await.status(), 401);
    let verifier = verifier(&rig.pool, &rig.revocations);
    assert_eq!(verifier.verify(&token).await.expect_err("it is ended"), VerifyError::Ended);
    assert_eq!(rig.pool.revoke_requests(), 1);
    assert!(format!("{:?}", rig.store).contains("sessions: 0"));
}

#[tokio::test]
async fn a_script_that_signs_out_is_told_where_to_go() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let response = browser.fetch("POST", "/auth/sign-out").await;
    assert_eq!(response.status(), 200);
    let body: serde_json::Value = serde_json::from_str(response.body()).expect("JSON");
    let location = body["location"].as_str().expect("a location");
    assert!(location.starts_with(&format!("{}/logout?", rig.pool.domain())), "{location}");
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn a_sign_out_without_a_session_is_one_all_the_same() {
    let rig = Rig::new().await;
    let response = rig.browser().submit("/auth/sign-out", ADDRESS).await;
    assert_eq!(response.status(), 303);
    assert!(set_cookies(&response)[0].contains("Max-Age=0"));
    assert_eq!(rig.pool.revoke_requests(), 0);
}

#[tokio::test]
async fn a_sign_out_while_the_pool_is_down_ends_the_session() {
    let (log, _guard) = Log::start();
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let mut kept = browser.clone();
    rig.pool.set_token_outage(true);
    assert_eq!(browser.submit("/auth/sign-out", ADDRESS).await.status(), 303);
    assert_eq!(kept.fetch("GET", "/api/me").await.status(), 401);
    assert!(log.text().contains("was not revoked"), "{}", log.text());
}

#[tokio::test]
async fn a_sign_out_in_one_tab_is_seen_by_the_other() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let mut tab = browser.clone();
    browser.submit("/auth/sign-out", ADDRESS).await;
    assert_eq!(tab.fetch("GET", "/auth/session").await.body(), r#"{"signed_in":false}"#);
    assert_eq!(tab.go("/orders", From::Here).await.status(), 303);
}

#[tokio::test]
async fn a_sign_in_that_was_ended_elsewhere_is_over_at_once() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let pool_id = rig.pool.user_pool().id().to_owned();
    rig.revocations.end_user(&pool_id, rig.pool.sub_of("alice")).await.expect("in memory");
    let response = browser.fetch("GET", "/api/me").await;
    assert_eq!(response.status(), 401);
    assert!(response.body().contains("ended"), "{}", response.body());
    assert_eq!(browser.go("/orders", From::Here).await.status(), 303);
    assert_eq!(browser.fetch("GET", "/auth/session").await.body(), r#"{"signed_in":false}"#);
}

#[tokio::test]
async fn a_page_after_the_end_of_a_sign_in_leads_to_a_fresh_one() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let pool_id = rig.pool.user_pool().id().to_owned();
    // By a clock that is ahead, so that what the pool signs for a while is of before.
    rig.advance(60);
    rig.revocations.end_user(&pool_id, rig.pool.sub_of("alice")).await.expect("in memory");
    rig.pool.clock().set_back(Duration::from_secs(60));
    let fresh = "/auth/sign-in?to=%2Forders&max_age=0";
    assert_eq!(location(&browser.go("/orders", From::Here).await), fresh);
    // A pool that reuses the ended sign-in is asked for a fresh one, once.
    let response = browser.sign_in("/auth/sign-in?to=/orders").await;
    assert_eq!((response.status().as_u16(), &*location(&response)), (303, fresh));
    let response = browser.sign_in(fresh).await;
    assert_eq!(response.status(), 403);
    rig.advance(3600);
    let response = browser.sign_in(fresh).await;
    assert_eq!(response.status(), 200, "{}", response.body());
}

#[tokio::test]
async fn changed_groups_are_seen_after_a_required_renewal_without_a_sign_in() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let before = browser.fetch("GET", "/api/token").await.body().clone();
    let pool_id = rig.pool.user_pool().id().to_owned();
    rig.revocations.require_renewal(&pool_id, rig.pool.sub_of("alice")).await.expect("in memory");
    rig.advance(1);
    let after = browser.fetch("GET", "/api/token").await;
    assert_eq!(after.status(), 200, "{}", after.body());
    assert_ne!(after.body(), &before);
}

#[tokio::test]
async fn a_sign_out_everywhere_ends_every_session_of_the_user_and_no_other() {
    let rig = Rig::new().await;
    let mut here = rig.signed_in("alice").await;
    let mut there = rig.signed_in("alice").await;
    let mut other = rig.signed_in("bob").await;
    rig.advance(1);
    let response = here.fetch("POST", "/api/leave").await;
    assert_eq!(response.status(), 200, "{}", response.body());
    assert!(here.session().is_none());
    assert_eq!(here.fetch("GET", "/api/me").await.status(), 401);
    assert_eq!(there.fetch("GET", "/api/me").await.status(), 401);
    assert_eq!(other.fetch("GET", "/api/me").await.status(), 200);
    rig.advance(1);
    assert_eq!(rig.signed_in("alice").await.fetch("GET", "/api/me").await.status(), 200);
}

#[tokio::test]
async fn a_sign_out_everywhere_that_fails_is_never_told_to_be_done() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    rig.pool.set_token_outage(true);
    let response = browser.fetch("POST", "/api/leave").await;
    assert_eq!(response.status(), 503, "{}", response.body());
    assert!(response.headers().contains_key("retry-after"));
}
