//! Against a user pool that rotates its refresh tokens: a [`TestPool`], by its domain and by its API.

use std::sync::Arc;
use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use axum_cognito::{AppClient, RenewError};
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use super::cognito::{CLIENT, SECRET};

const SECOND: Duration = Duration::from_secs(1);

/// A pool whose client rotates, with this grace period.
async fn rotating(grace: u64) -> TestPool {
    let pool = TestPool::start().await;
    let client = TestClient::new(CLIENT).secret(SECRET);
    pool.add_client(client.rotation(Duration::from_secs(grace)));
    pool
}

/// An app client that uses the domain, and one that uses the API.
fn clients(pool: &TestPool) -> [AppClient; 2] {
    let builder = || AppClient::builder(pool, CLIENT).secret(SECRET);
    [builder().domain(pool.domain()), builder()].map(|builder| builder.build().expect("a client"))
}

fn is_unavailable<T>(outcome: &Result<T, RenewError>) -> bool {
    matches!(outcome, Err(RenewError::Unavailable { .. }))
}

#[tokio::test]
async fn a_sign_in_is_renewed_again_and_again() {
    let pool = rotating(0).await;
    for client in clients(&pool) {
        let sign_in = pool.sign_in("alice", CLIENT);
        let mut refresh_token = sign_in.refresh_token().to_owned();
        for _ in 0..3 {
            pool.clock().advance(Duration::from_secs(3600));
            let tokens = client.renew(&refresh_token).await.expect("tokens");
            assert!(tokens.is_rotated() && tokens.refresh_token() != refresh_token);
            assert_eq!(tokens.access_claims().sub(), pool.sub_of("alice"));
            assert_eq!(tokens.access_claims().username(), Some("alice"));
            refresh_token = tokens.refresh_token().to_owned();
        }
    }
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays_and_is_asked_for_again_after_ten_seconds() {
    let pool = TestPool::start().await;
    pool.add_client(TestClient::new(CLIENT).secret(SECRET));
    for client in clients(&pool) {
        let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
        let first = client.renew(&refresh_token).await.expect("tokens");
        assert_eq!((first.refresh_token(), first.is_rotated()), (refresh_token.as_str(), false));
        let shared = client.renew(&refresh_token).await.expect("tokens");
        assert_eq!(shared.access_token(), first.access_token());
        pool.clock().advance(10 * SECOND);
        let second = client.renew(&refresh_token).await.expect("tokens");
        assert_ne!(second.access_token(), first.access_token());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_spend_a_rotating_token_once() {
    for grace in [0, 10, 60] {
        let pool = rotating(grace).await;
        pool.set_token_latency(Duration::from_millis(50));
        let [client, _] = clients(&pool);
        let refresh_token: Arc<str> = pool.sign_in("alice", CLIENT).refresh_token().into();
        let start = Arc::new(Barrier::new(200));
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let (client, start) = (client.clone(), Arc::clone(&start));
                let refresh_token = Arc::clone(&refresh_token);
                tokio::spawn(async move {
                    start.wait().await;
                    client.renew(&refresh_token).await
                })
            })
            .collect();
        let mut new = Vec::new();
        for call in calls {
            new.push(call.await.expect("no panic").expect("tokens").refresh_token().to_owned());
        }
        new.dedup();
        assert_eq!(new.len(), 1, "grace {grace}");
        assert_eq!(pool.token_requests(), 1, "grace {grace}");
        // And the new one works.
        client.renew(&new[0]).await.expect("tokens");
    }
}

#[tokio::test]
async fn a_token_that_was_spent_elsewhere_ends_the_session_after_the_grace_period() {
    for grace in [0, 10, 60] {
        let pool = rotating(grace).await;
        for way in 0..2 {
            let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
            // Two processes, so nothing is shared between them.
            let [one, other] = [0, 1].map(|_| clients(&pool)[way].clone());
            one.renew(&refresh_token).await.expect("tokens");
            if grace > 0 {
                pool.clock().advance(Duration::from_secs(grace) - SECOND);
                other.renew(&refresh_token).await.expect("within the grace period");
                pool.clock().advance(10 * SECOND);
            }
            let late = other.renew(&refresh_token).await;
            assert_eq!(late.err(), Some(RenewError::Ended), "grace {grace}, way {way}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_rotation_is_got_within_the_grace_period() {
    for grace in [10, 60] {
        let pool = rotating(grace).await;
        for client in clients(&pool) {
            let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
            let before = pool.token_requests();
            pool.lose_answers(1);
            let tokens = client.renew(&refresh_token).await.expect("tokens, the second time");
            assert_eq!(pool.token_requests(), before + 2);
            client.renew(tokens.refresh_token()).await.expect("the new token works");
        }
    }
}

#[tokio::test]
async fn without_a_grace_period_a_lost_answer_is_a_lost_sign_in() {
    let pool = rotating(0).await;
    for client in clients(&pool) {
        let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
        pool.lose_answers(1);
        assert_eq!(client.renew(&refresh_token).await.err(), Some(RenewError::Ended));
    }
}

#[test]
fn a_process_that_dies_between_the_request_and_its_answer_goes_on_within_the_grace_period() {
    let server = Runtime::new().expect("a runtime");
    let pool = server.block_on(rotating(60));
    let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
    pool.set_token_latency(Duration::from_millis(200));
    // The first process, with everything that it holds.
    let dead = Runtime::new().expect("a runtime");
    let [client, _] = clients(&pool);
    let token = refresh_token.clone();
    drop(dead.spawn(async move { client.renew(&token).await }));
    server.block_on(async {
        while pool.token_requests() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    dead.shutdown_background();
    pool.set_token_latency(Duration::ZERO);
    // The next process has the old token alone.
    let [client, _] = clients(&pool);
    let tokens = server.block_on(client.renew(&refresh_token)).expect("tokens");
    server.block_on(client.renew(tokens.refresh_token())).expect("the new token works");
}

#[tokio::test]
async fn whatever_ends_a_sign_in_at_cognito_ends_the_session() {
    let pool = rotating(0).await;
    for client in clients(&pool) {
        let token = |name: &str| pool.sign_in(name, CLIENT).refresh_token().to_owned();
        let revoked = token("alice");
        client.revoke(&revoked).await.expect("it is revoked");
        client.revoke(&revoked).await.expect("it is revoked already");
        let signed_out = token("bob");
        pool.sign_out_user("bob");
        let disabled = token("carol");
        pool.disable_user("carol");
        let deleted = token("dave");
        pool.delete_user("dave");
        for token in [&revoked, &signed_out, &disabled, &deleted, "never-issued"] {
            assert_eq!(client.renew(token).await.err(), Some(RenewError::Ended));
        }
        pool.enable_user("carol");
        let expired = token("erin");
        pool.clock().advance(Duration::from_secs(31 * 86_400));
        assert_eq!(client.renew(&expired).await.err(), Some(RenewError::Ended));
        pool.add_user(axum_cognito::testing::TestUser::new("dave"));
    }
}

#[tokio::test]
async fn a_wrong_secret_signs_nobody_out() {
    let pool = rotating(0).await;
    let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
    let wrong = || AppClient::builder(&pool, CLIENT).secret("another");
    let missing = || AppClient::builder(&pool, CLIENT);
    for builder in
        [wrong().domain(pool.domain()), wrong(), missing().domain(pool.domain()), missing()]
    {
        let client = builder.build().expect("a client");
        assert_eq!(client.renew(&refresh_token).await.err(), Some(RenewError::Misconfigured));
        assert_eq!(client.revoke(&refresh_token).await, Err(RenewError::Misconfigured));
    }
    let unknown = AppClient::builder(&pool, "another-client").build().expect("a client");
    assert_eq!(unknown.renew(&refresh_token).await.err(), Some(RenewError::Misconfigured));
    let [client, _] = clients(&pool);
    client.renew(&refresh_token).await.expect("the sign-in stands");
}

#[tokio::test]
async fn while_a_secret_is_changed_both_ways_find_the_one_that_works() {
    let pool = rotating(0).await;
    for domain in [true, false] {
        let builder = AppClient::builder(&pool, CLIENT).secrets(["the-new-one", SECRET]);
        let builder = if domain { builder.domain(pool.domain()) } else { builder };
        let client = builder.build().expect("a client");
        let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
        let tokens = client.renew(&refresh_token).await.expect("tokens");
        client.revoke(tokens.refresh_token()).await.expect("it is revoked");
    }
}

#[tokio::test]
async fn an_outage_and_too_many_requests_keep_the_session() {
    let pool = rotating(0).await;
    for client in clients(&pool) {
        let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
        pool.set_token_outage(true);
        assert!(is_unavailable(&client.renew(&refresh_token).await));
        assert!(is_unavailable(&client.revoke(&refresh_token).await));
        pool.set_token_outage(false);
        pool.set_throttled(Some(SECOND));
        let throttled = client.renew(&refresh_token).await;
        assert_eq!(throttled.err(), Some(RenewError::Unavailable { retry_after: SECOND }));
        let before = pool.token_requests();
        assert!(is_unavailable(&client.renew(&refresh_token).await));
        assert_eq!(pool.token_requests(), before, "nothing is sent before the time is over");
        pool.set_throttled(None);
        tokio::time::sleep(SECOND).await;
        client.renew(&refresh_token).await.expect("the sign-in stands");
    }
}

#[tokio::test]
async fn a_slow_cognito_is_waited_for_and_one_that_is_too_slow_keeps_the_session() {
    let pool = rotating(60).await;
    pool.set_token_latency(Duration::from_millis(300));
    let refresh_token = pool.sign_in("alice", CLIENT).refresh_token().to_owned();
    let builder = || AppClient::builder(&pool, CLIENT).secret(SECRET).domain(pool.domain());
    let impatient = builder().request_timeout(Duration::from_millis(50));
    let impatient = impatient.build().expect("a client");
    assert!(is_unavailable(&impatient.renew(&refresh_token).await));
    builder().build().expect("a client").renew(&refresh_token).await.expect("tokens");
}

#[tokio::test]
async fn a_sign_in_is_looked_up_and_ended_everywhere() {
    let pool = rotating(0).await;
    let [client, _] = clients(&pool);
    let [phone, laptop] = [0, 1].map(|_| pool.sign_in("alice", CLIENT));
    assert_eq!(client.is_signed_in(phone.access_token()).await, Ok(true));
    client.sign_out_everywhere(phone.access_token()).await.expect("signed out");
    for device in [&phone, &laptop] {
        assert_eq!(client.is_signed_in(device.access_token()).await, Ok(false));
        assert_eq!(client.renew(device.refresh_token()).await.err(), Some(RenewError::Ended));
    }
    let again = client.sign_out_everywhere(phone.access_token()).await;
    assert_eq!(again, Err(RenewError::Ended));
    let other = pool.sign_in("bob", CLIENT);
    assert_eq!(client.is_signed_in(other.access_token()).await, Ok(true), "another user");
    pool.disable_user("bob");
    assert_eq!(client.is_signed_in(other.access_token()).await, Ok(false));
}
