use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use axum_cognito::{AppClient, RenewError};
use tokio::net::TcpListener;

use crate::apps::renewal::{CLIENT_ID, CallError, Session, api};

/// A user pool with alice at the browser, an API that trusts it, and her session.
async fn signed_in() -> (TestPool, String, Session) {
    let pool = TestPool::start().await;
    pool.add_client(TestClient::new(CLIENT_ID).rotation(Duration::from_secs(10)));
    pool.sign_in_as("alice");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let url = format!("http://{}/me", listener.local_addr().expect("an address"));
    let api = api(pool.verifier(CLIENT_ID));
    tokio::spawn(async move { axum::serve(listener, api).await });
    let client = AppClient::builder(&pool, CLIENT_ID).domain(pool.domain());
    let session = Session::sign_in(client.build().expect("a client")).await.expect("signed in");
    (pool, url, session)
}

#[tokio::test]
async fn a_token_that_has_expired_is_renewed_and_the_call_goes_on() {
    let (pool, url, mut session) = signed_in().await;
    assert_eq!(session.get(&url).await.expect("an answer"), "hello, alice");
    assert_eq!(pool.token_requests(), 1, "the sign-in alone");
    for renewals in 1..=3 {
        pool.clock().advance(Duration::from_secs(3600));
        assert_eq!(session.get(&url).await.expect("an answer"), "hello, alice");
        assert_eq!(pool.token_requests(), 1 + renewals);
    }
}

#[tokio::test]
async fn a_sign_in_that_was_ended_asks_for_another() {
    let (pool, url, mut session) = signed_in().await;
    pool.sign_out_user("alice");
    pool.clock().advance(Duration::from_secs(3600));
    assert!(matches!(session.get(&url).await, Err(CallError::SignInAgain)));
}

#[tokio::test]
async fn an_outage_of_cognito_keeps_the_session() {
    let (pool, url, mut session) = signed_in().await;
    pool.clock().advance(Duration::from_secs(3600));
    pool.set_token_outage(true);
    assert!(matches!(session.get(&url).await, Err(CallError::TryLater(_))));
    pool.set_token_outage(false);
    assert_eq!(session.get(&url).await.expect("an answer"), "hello, alice");
}

#[tokio::test]
async fn a_session_that_signed_out_renews_nothing() {
    let (pool, _, session) = signed_in().await;
    session.sign_out().await.expect("signed out");
    assert_eq!(pool.revoke_requests(), 1);
    let client = AppClient::builder(&pool, CLIENT_ID).domain(pool.domain()).build();
    let other = client.expect("a client").renew("another-token").await;
    assert_eq!(other.err(), Some(RenewError::Ended));
}
