//! Renewal: rotation, its grace period, and what ends it.

use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use serde_json::json;

use super::{call, claims, code, exchange, refresh};

const DAY: Duration = Duration::from_secs(86_400);

fn rotating(grace: u64) -> TestPool {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").rotation(Duration::from_secs(grace)));
    pool
}

fn ended() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_renewal_gives_new_tokens_of_the_same_sign_in() {
    let pool = rotating(0);
    let first = pool.sign_in("alice", "web");
    pool.clock().advance(Duration::from_secs(600));
    pool.set_groups("alice", ["admins"]);
    let answer = refresh(&pool, first.refresh_token()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.text("refresh_token"), first.refresh_token());
    for (old, new) in [(first.access_token(), "access_token"), (first.id_token(), "id_token")] {
        let (old, new) = (claims(old), claims(&answer.text(new)));
        for kept in ["sub", "origin_jti", "auth_time", "event_id", "scope"] {
            assert_eq!(old[kept], new[kept], "{kept}");
        }
        assert_ne!(old["jti"], new["jti"]);
        assert_eq!(new["iat"].as_u64(), old["iat"].as_u64().map(|at| at + 600));
        assert_eq!(new["cognito:groups"], json!(["admins"]));
        assert!(old["cognito:groups"].is_null());
    }
}

#[tokio::test]
async fn a_renewed_id_token_has_no_nonce() {
    let pool = rotating(0);
    pool.sign_in_as("alice");
    let code = code(&pool, &[("nonce", "n"), ("scope", "openid")]).await;
    let first = exchange(&pool, &code, &[]).await;
    assert_eq!(claims(&first.text("id_token"))["nonce"], "n");
    let second = refresh(&pool, &first.text("refresh_token")).await;
    assert!(claims(&second.text("id_token"))["nonce"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_works_for_the_grace_period_and_not_a_moment_longer() {
    for grace in [0, 10, 60] {
        let pool = rotating(grace);
        let first = pool.sign_in("alice", "web").refresh_token().to_owned();
        let second = refresh(&pool, &first).await.text("refresh_token");
        if grace > 0 {
            pool.clock().advance(Duration::from_millis(grace * 1000 - 1));
            assert_eq!(refresh(&pool, &first).await.status, 200, "{grace}");
            pool.clock().advance(Duration::from_millis(1));
        }
        assert_eq!(refresh(&pool, &first).await.error(), ended());
        let input = json!({ "RefreshToken": first, "ClientId": "web" });
        let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
        assert_eq!(answer.exception(), (400, "RefreshTokenReuseException".to_owned()));
        // The reuse ends nothing else.
        assert_eq!(refresh(&pool, &second).await.status, 200, "{grace}");
    }
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays() {
    let pool = TestPool::offline();
    let token = pool.sign_in("alice", "web").refresh_token().to_owned();
    for _ in 0..3 {
        let answer = refresh(&pool, &token).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["refresh_token"]), (200, &json!(null)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_refresh_token_lives_for_the_rest_of_the_first_ones_life() {
    let pool = TestPool::offline();
    let client = TestClient::new("web").rotation(Duration::ZERO).refresh_token_lifetime(2 * DAY);
    pool.add_client(client);
    let first = pool.sign_in("alice", "web").refresh_token().to_owned();
    pool.clock().advance(DAY);
    let second = refresh(&pool, &first).await.text("refresh_token");
    pool.clock().advance(DAY - Duration::from_secs(1));
    let third = refresh(&pool, &second).await.text("refresh_token");
    pool.clock().advance(Duration::from_secs(1));
    assert_eq!(refresh(&pool, &third).await.error(), ended());
    let input = json!({ "RefreshToken": third, "ClientId": "web" });
    let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
    assert_eq!(answer.exception(), (400, "NotAuthorizedException".to_owned()));
}

#[tokio::test]
async fn a_user_who_is_disabled_renews_nothing_until_enabled() {
    let pool = rotating(0);
    let token = pool.sign_in("alice", "web").refresh_token().to_owned();
    pool.disable_user("alice");
    assert_eq!(refresh(&pool, &token).await.error(), ended());
    pool.enable_user("alice");
    assert_eq!(refresh(&pool, &token).await.status, 200, "the refused renewal rotated nothing");
}

#[tokio::test]
async fn a_user_who_is_deleted_or_signed_out_renews_nothing() {
    let pool = rotating(0);
    let input = |token: &str| json!({ "RefreshToken": token, "ClientId": "web" });
    let gone = pool.sign_in("alice", "web").refresh_token().to_owned();
    let out = pool.sign_in("bob", "web").refresh_token().to_owned();
    let other = pool.sign_in("carol", "web").refresh_token().to_owned();
    pool.delete_user("alice");
    pool.sign_out_user("bob");
    for (token, exception) in [(gone, "UserNotFoundException"), (out, "NotAuthorizedException")] {
        assert_eq!(refresh(&pool, &token).await.error(), ended());
        let answer = call(&pool, "GetTokensFromRefreshToken", &input(&token)).await;
        assert_eq!(answer.exception(), (400, exception.to_owned()));
    }
    assert_eq!(refresh(&pool, &other).await.status, 200);
    let again = pool.sign_in("bob", "web").refresh_token().to_owned();
    assert_eq!(refresh(&pool, &again).await.status, 200);
}
