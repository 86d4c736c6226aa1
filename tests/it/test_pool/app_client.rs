//! The pool and the `AppClient` of this crate, together.

use std::time::Duration;

use axum_cognito::RenewError;
use axum_cognito::testing::{TestClient, TestPool};

async fn pool() -> TestPool {
    let pool = TestPool::start().await;
    let client = TestClient::new("web").secret("aSecretOfTheWebClient");
    pool.add_client(client.rotation(Duration::from_secs(60)));
    pool
}

#[tokio::test]
async fn an_app_client_of_the_pool_renews_revokes_and_signs_out() {
    let pool = pool().await;
    let client = pool.app_client("web");
    let first = pool.sign_in("alice", "web");
    let renewed = client.renew(first.refresh_token()).await.expect("new tokens");
    assert_eq!(renewed.access_claims().sub(), pool.sub_of("alice"));
    assert_ne!(renewed.refresh_token(), first.refresh_token());
    assert_eq!(client.is_signed_in(renewed.access_token()).await, Ok(true));
    client.revoke(renewed.refresh_token()).await.expect("a revocation");
    assert_eq!(client.is_signed_in(renewed.access_token()).await, Ok(false));
    let second = pool.sign_in("alice", "web");
    client.sign_out_everywhere(second.access_token()).await.expect("a sign-out");
    assert!(matches!(client.renew(second.refresh_token()).await, Err(RenewError::Ended)));
}

#[tokio::test]
async fn an_app_client_with_another_secret_is_misconfigured_at_the_domain_and_at_the_api() {
    let pool = pool().await;
    let token = pool.sign_in("alice", "web").refresh_token().to_owned();
    let builder = || axum_cognito::AppClient::builder(&pool, "web").secret("anotherSecretOfIt");
    for builder in [builder(), builder().domain(pool.domain())] {
        let client = builder.build().expect("settings that can be");
        assert!(matches!(client.renew(&token).await, Err(RenewError::Misconfigured)));
    }
    pool.app_client("web").renew(&token).await.expect("still a good refresh token");
}
