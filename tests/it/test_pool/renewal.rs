//! Renewal: rotation, its grace period, and what ends it.

use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use serde_json::json;

use super::{call, claims, refresh};

fn rotating(grace: u64) -> TestPool {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").rotation(Duration::from_secs(grace)));
    pool
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
        for kept in ["sub", "origin_jti", "auth_time", "event_id"] {
            assert_eq!(old[kept], new[kept], "{kept}");
        }
        assert_ne!(old["jti"], new["jti"]);
        assert_eq!(new["iat"].as_u64(), old["iat"].as_u64().map(|at| at + 600));
        assert_eq!(new["cognito:groups"], json!(["admins"]));
        assert!(old["cognito:groups"].is_null());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_works_for_the_grace_period_and_not_a_moment_longer() {
    for grace in [0, 10, 60] {
        let pool = rotating(grace);
        let first = pool.sign_in("alice", "web").refresh_token().to_owned();
        let second = refresh(&pool, &first).await.text("refresh_token");
        if grace > 0 {
            pool.clock().advance(Duration::from_millis(grace * 1000 - 500));
            assert_eq!(refresh(&pool, &first).await.status, 200, "{grace}");
            pool.clock().advance(Duration::from_millis(500));
        }
        assert_eq!(refresh(&pool, &first).await.error(), (400, "invalid_grant".to_owned()));
        let input = json!({ "RefreshToken": first, "ClientId": "web" });
        let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
        assert_eq!(answer.text("__type"), "RefreshTokenReuseException");
        assert_eq!(refresh(&pool, &second).await.status, 200, "{grace}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_api_renews_too() {
    let pool = rotating(0);
    let first = pool.sign_in("alice", "web");
    let input = json!({ "RefreshToken": first.refresh_token(), "ClientId": "web" });
    let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.1");
    let result = &answer.json()["AuthenticationResult"];
    assert_eq!(result["ExpiresIn"], 3600);
    assert_eq!(result["TokenType"], "Bearer");
    for token in ["AccessToken", "IdToken", "RefreshToken"] {
        assert!(result[token].is_string(), "{token}");
    }
    assert_eq!(pool.token_requests(), 1);
}
