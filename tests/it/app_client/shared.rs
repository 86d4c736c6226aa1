//! One request for all who come with the same refresh token.

use std::sync::Arc;
use std::time::Duration;

use axum_cognito::{AppClient, RenewError};
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use super::cognito::{Asked, Cognito, Reply, tokens};

const SHORT: Duration = Duration::from_millis(100);

/// A server that rotates: each answer has another refresh token, and takes this long.
async fn rotating(delay: Duration) -> Cognito {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    cognito.set(rotation(&cognito, delay));
    cognito
}

fn rotation(cognito: &Cognito, delay: Duration) -> impl Fn(usize, &Asked) -> Reply + use<> {
    let (access, id) = (cognito.access_token(), cognito.id_token());
    move |number, _| {
        let reply = tokens(&access, &id, Some(&format!("refresh-{number}")));
        Reply::After(delay, Box::new(reply))
    }
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_at_one_expiry_make_one_request() {
    let cognito = rotating(SHORT).await;
    let (client, start) = (cognito.client(), Arc::new(Barrier::new(200)));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let (client, start) = (client.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                client.renew("old").await
            })
        })
        .collect();
    for call in calls {
        let tokens = call.await.expect("no panic").expect("tokens");
        assert_eq!(tokens.refresh_token(), "refresh-0");
    }
    assert_eq!(cognito.requests(), 1);
}

#[tokio::test]
async fn the_result_is_shared_for_ten_seconds_and_no_longer() {
    let cognito = rotating(Duration::ZERO).await;
    let (client, clock) = (cognito.client(), cognito.pool.clock());
    let renew = async || client.renew("old").await.expect("tokens").refresh_token().to_owned();
    assert_eq!(renew().await, "refresh-0");
    clock.advance(Duration::from_secs(9));
    assert_eq!(renew().await, "refresh-0");
    clock.advance(Duration::from_secs(1));
    assert_eq!(renew().await, "refresh-1");
    assert_eq!(cognito.requests(), 2);
}

#[tokio::test]
async fn another_refresh_token_gets_nothing_of_it() {
    let cognito = rotating(SHORT).await;
    let client = cognito.client();
    let all = tokio::join!(client.renew("one"), client.renew("two"), client.renew("onetwo"));
    let all = [all.0, all.1, all.2].map(|outcome| outcome.expect("tokens"));
    let mut new: Vec<_> = all.iter().map(|tokens| tokens.refresh_token()).collect();
    new.sort_unstable();
    assert_eq!(new, ["refresh-0", "refresh-1", "refresh-2"]);
}

#[tokio::test]
async fn another_client_gets_nothing_of_it() {
    let cognito = rotating(Duration::ZERO).await;
    let first = cognito.client().renew("old").await.expect("tokens");
    let second = cognito.client().renew("old").await.expect("tokens");
    assert_ne!(first.refresh_token(), second.refresh_token());
}

#[tokio::test]
async fn a_refusal_is_shared_as_well_as_tokens_are() {
    for (reply, expected) in [
        (Reply::oauth(400, "invalid_grant"), RenewError::Ended),
        (Reply::oauth(401, "invalid_client"), RenewError::Misconfigured),
    ] {
        let cognito = Cognito::start(move |_, _| reply.clone()).await;
        let client = cognito.client();
        for _ in 0..3 {
            assert_eq!(client.renew("old").await.err(), Some(expected));
        }
        assert_eq!(cognito.requests(), 1);
    }
}

#[tokio::test]
async fn after_an_outage_the_next_call_asks_again() {
    let cognito = Cognito::start(|_, _| Reply::oauth(500, "server_error")).await;
    let client = cognito.client();
    client.renew("old").await.expect_err("an outage");
    cognito.set(rotation(&cognito, Duration::ZERO));
    assert_eq!(client.renew("old").await.expect("tokens").refresh_token(), "refresh-1");
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_no_rotation() {
    let cognito = rotating(SHORT).await;
    let client = cognito.client();
    let dropped = tokio::spawn({
        let client = client.clone();
        async move { client.renew("old").await }
    });
    until(|| cognito.requests() == 1).await;
    dropped.abort();
    assert!(dropped.await.expect_err("it was dropped").is_cancelled());
    let tokens = client.renew("old").await.expect("tokens");
    assert_eq!(tokens.refresh_token(), "refresh-0");
    assert_eq!(cognito.requests(), 1);
}

#[tokio::test]
async fn a_call_that_gives_up_waiting_gets_the_result_the_next_time() {
    let cognito = rotating(SHORT).await;
    let client = cognito.client();
    let given_up = tokio::time::timeout(Duration::from_millis(1), client.renew("old")).await;
    assert!(given_up.is_err());
    assert_eq!(client.renew("old").await.expect("tokens").refresh_token(), "refresh-0");
    assert_eq!(cognito.requests(), 1);
}

#[test]
fn a_runtime_that_ends_leaves_nothing_that_others_wait_for() {
    let server = Runtime::new().expect("a runtime");
    let cognito = server.block_on(rotating(Duration::from_secs(3600)));
    let client = cognito.client();
    let first = Runtime::new().expect("a runtime");
    let waiting = first.spawn({
        let client = client.clone();
        async move { client.renew("old").await }
    });
    server.block_on(until(|| cognito.requests() == 1));
    // Between the request and its answer.
    drop(first);
    assert!(server.block_on(waiting).expect_err("its runtime ended").is_cancelled());
    cognito.set(rotation(&cognito, Duration::ZERO));
    let tokens = server.block_on(client.renew("old")).expect("tokens");
    assert_eq!(tokens.refresh_token(), "refresh-1");
}

#[test]
fn a_call_outside_a_runtime_ends_no_session() {
    let client: AppClient = {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async { rotating(Duration::ZERO).await.client() })
    };
    let renewal = std::pin::pin!(client.renew("old"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(outcome) = renewal.poll(&mut context) else { panic!("it waits") };
    assert!(matches!(outcome, Err(RenewError::Unavailable { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_token_that_was_revoked_gets_no_shared_result() {
    let cognito = rotating(Duration::ZERO).await;
    let client = cognito.client();
    let new = client.renew("old").await.expect("tokens").refresh_token().to_owned();
    cognito.set(|_, asked| match asked.path.as_str() {
        "/oauth2/revoke" => Reply::json(200, &serde_json::json!({})),
        _ => Reply::oauth(400, "invalid_grant"),
    });
    client.revoke(&new).await.expect("it is revoked");
    assert_eq!(client.renew("old").await.err(), Some(RenewError::Ended), "by the new token");
    assert_eq!(client.renew(&new).await.err(), Some(RenewError::Ended));
}

#[tokio::test]
async fn a_user_who_is_signed_out_everywhere_gets_no_shared_result() {
    let cognito = rotating(Duration::ZERO).await;
    let client = cognito.client();
    let tokens = client.renew("old").await.expect("tokens");
    cognito.set(|_, asked| match asked.path.as_str() {
        "/" => Reply::json(200, &serde_json::json!({})),
        _ => Reply::oauth(400, "invalid_grant"),
    });
    client.sign_out_everywhere(tokens.access_token()).await.expect("signed out");
    assert_eq!(client.renew("old").await.err(), Some(RenewError::Ended));
}
