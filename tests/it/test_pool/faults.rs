//! What goes wrong, over a socket.

use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use serde_json::json;

/// One form to the token endpoint.
async fn refresh(pool: &TestPool, token: &str) -> reqwest::Result<reqwest::Response> {
    let form = super::encode(&[
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", token),
    ]);
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/oauth2/token", pool.domain()));
    request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await
}

/// One call of the API.
async fn renew(pool: &TestPool, token: &str) -> reqwest::Result<reqwest::Response> {
    let input = json!({ "RefreshToken": token, "ClientId": "web" });
    let target = "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken";
    let request = reqwest::Client::new().post(pool.endpoint()).header("x-amz-target", target);
    let request = request.header("content-type", "application/x-amz-json-1.1");
    request.body(input.to_string()).send().await
}

async fn pool(grace: u64) -> TestPool {
    let pool = TestPool::start().await;
    pool.add_client(TestClient::new("web").rotation(Duration::from_secs(grace)));
    pool
}

#[tokio::test]
async fn a_lost_answer_is_a_rotation_of_which_nobody_hears() {
    let pool = pool(0).await;
    let [by_domain, by_api] = [(); 2].map(|()| pool.sign_in("alice", "web"));
    pool.lose_answers(2);
    let lost = refresh(&pool, by_domain.refresh_token()).await.expect_err("no answer");
    assert!(lost.is_request() && !lost.is_connect() && !lost.is_timeout(), "{lost:?}");
    renew(&pool, by_api.refresh_token()).await.expect_err("no answer");
    let answer = refresh(&pool, by_domain.refresh_token()).await.expect("an answer");
    assert_eq!(answer.status(), 400, "it was rotated");
    let answer = renew(&pool, by_api.refresh_token()).await.expect("an answer");
    assert!(answer.text().await.expect("a body").contains("RefreshTokenReuseException"));
    assert_eq!(pool.token_requests(), 4);
}

#[tokio::test]
async fn a_grace_period_makes_up_for_a_lost_answer() {
    let pool = pool(60).await;
    let session = pool.sign_in("alice", "web");
    pool.lose_answers(1);
    refresh(&pool, session.refresh_token()).await.expect_err("no answer");
    let answer = refresh(&pool, session.refresh_token()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn an_outage_and_too_many_requests_rotate_nothing_and_leave_the_keys_alone() {
    let pool = pool(0).await;
    let session = pool.sign_in("alice", "web");
    let token = session.refresh_token();

    pool.set_token_outage(true);
    assert_eq!(refresh(&pool, token).await.expect("an answer").status(), 503);
    assert_eq!(renew(&pool, token).await.expect("an answer").status(), 503);
    pool.set_token_outage(false);

    pool.set_throttled(Some(Duration::from_secs(7)));
    let answer = refresh(&pool, token).await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().expect("a value"))
    );
    let answer = renew(&pool, token).await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (400, &"7".parse().expect("a value"))
    );
    assert!(answer.text().await.expect("a body").contains("TooManyRequestsException"));
    let jwks = pool.user_pool().jwks_url().to_owned();
    assert_eq!(reqwest::get(jwks).await.expect("an answer").status(), 200);
    pool.set_throttled(None);

    pool.set_outage(true);
    assert_eq!(refresh(&pool, token).await.expect("an answer").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_slow_endpoint_answers_in_the_end() {
    let pool = TestPool::offline();
    let token = pool.sign_in("alice", "web").refresh_token().to_owned();
    pool.set_token_latency(Duration::from_secs(8));
    let start = tokio::time::Instant::now();
    assert_eq!(super::refresh(&pool, &token).await.status, 200);
    assert_eq!(start.elapsed(), Duration::from_secs(8));
}

#[tokio::test]
async fn the_endpoints_stop_with_the_last_clone_of_the_pool() {
    let pool = TestPool::start().await;
    let (address, clone) = (pool.domain(), pool.clone());
    assert!(address.starts_with("http://127.0.0.1:") && pool.endpoint() == address);
    drop(pool);
    assert_eq!(reqwest::get(format!("{address}/error")).await.expect("an answer").status(), 400);
    drop(clone);
    // The task of the server is aborted, which takes it a moment.
    for _ in 0..500 {
        if reqwest::get(format!("{address}/error")).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the pool still answers");
}
