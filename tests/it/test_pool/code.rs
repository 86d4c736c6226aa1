//! Sign-in by a code.

use std::time::Duration;

use axum_cognito::testing::{TestClient, TestPool};
use serde_json::json;

use super::{authorize, claims, code, exchange, post};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PKCE: [(&str, &str); 2] = [
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("code_challenge_method", "S256"),
];

fn pool() -> TestPool {
    let pool = TestPool::offline();
    pool.sign_in_as("alice");
    pool
}

fn refused(error: &str) -> (u16, String) {
    (400, error.to_owned())
}

#[tokio::test]
async fn a_code_is_exchanged_for_all_three_tokens() {
    let pool = pool();
    let more = [("scope", "openid email"), ("state", "a state"), ("nonce", "a nonce")];
    let back = authorize(&pool, &[&more[..], &PKCE].concat()).await;
    assert!(back.header("location").starts_with("https://app.example.com/callback?code="));
    assert_eq!(back.redirected("state").as_deref(), Some("a state"));
    let code = back.redirected("code").expect("a code");

    let tokens = exchange(&pool, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.header("content-type"), "application/json;charset=UTF-8");
    assert!(tokens.header("cache-control").contains("no-store"));
    let [access, id] = ["access_token", "id_token"].map(|name| claims(&tokens.text(name)));
    assert_eq!(tokens.text("refresh_token").split('.').count(), 5);
    assert_eq!(tokens.json()["expires_in"], 3600);
    assert_eq!(tokens.text("token_type"), "Bearer");
    assert_eq!(tokens.json().as_object().map(serde_json::Map::len), Some(5));

    assert_eq!(access["username"], "alice");
    assert_eq!(access["scope"], "openid email");
    assert_eq!(access["client_id"], "web");
    assert!(access["aud"].is_null() && access["email"].is_null() && access["acr"].is_null());
    assert_eq!(id["aud"], "web");
    assert_eq!(id["nonce"], "a nonce");
    assert_eq!(id["email"], "alice@example.com");
    assert_eq!(id["email_verified"], json!(true));
    assert_eq!(id["at_hash"].as_str().map(str::len), Some(22));
    for shared in ["sub", "iss", "origin_jti", "event_id", "auth_time"] {
        assert!(!access[shared].is_null(), "{shared}");
        assert_eq!(access[shared], id[shared], "{shared}");
    }
    assert_ne!(access["jti"], id["jti"]);
    pool.verifier("web").verify(&tokens.text("access_token")).await.expect("a good token");
}

#[tokio::test]
async fn there_is_an_id_token_with_the_scope_openid_alone() {
    let pool = pool();
    let code = code(&pool, &[("scope", "orders/read")]).await;
    let tokens = exchange(&pool, &code, &[]).await;
    assert!(tokens.json()["id_token"].is_null());
    assert_eq!(claims(&tokens.text("access_token"))["scope"], "orders/read");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let pool = pool();
    let code = code(&pool, &[]).await;
    assert_eq!(exchange(&pool, &code, &[]).await.status, 200);
    assert_eq!(exchange(&pool, &code, &[]).await.error(), refused("invalid_grant"));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_good_for_five_minutes() {
    let pool = pool();
    let (in_time, too_late) = (code(&pool, &[]).await, code(&pool, &[]).await);
    pool.clock().advance(Duration::from_secs(299));
    assert_eq!(exchange(&pool, &in_time, &[]).await.status, 200);
    pool.clock().advance(Duration::from_secs(1));
    assert_eq!(exchange(&pool, &too_late, &[]).await.error(), refused("invalid_grant"));
}

#[tokio::test]
async fn a_code_with_a_challenge_wants_its_verifier() {
    let pool = pool();
    for wrong in [&[][..], &[("code_verifier", "another")], &[("code_verifier", PKCE[0].1)]] {
        let code = code(&pool, &PKCE).await;
        assert_eq!(exchange(&pool, &code, wrong).await.error(), refused("invalid_grant"));
    }
}

#[tokio::test]
async fn a_code_is_for_its_callback_address_and_its_client_alone() {
    let pool = pool();
    for wrong in [("redirect_uri", "https://app.example.com/callback/"), ("client_id", "other")] {
        let code = code(&pool, &[]).await;
        assert_eq!(exchange(&pool, &code, &[wrong]).await.error(), refused("invalid_grant"));
    }
}

#[tokio::test]
async fn a_code_of_a_user_who_was_disabled_meanwhile_is_refused() {
    let pool = pool();
    let code = code(&pool, &[]).await;
    pool.disable_user("alice");
    assert_eq!(exchange(&pool, &code, &[]).await.error(), refused("invalid_grant"));
}

#[tokio::test]
async fn what_is_missing_twice_or_unknown_is_named_by_the_error() {
    let pool = pool();
    let asked = [
        (&[("client_id", "web")][..], "invalid_request"),
        (&[("grant_type", "password"), ("client_id", "web")], "unsupported_grant_type"),
        (&[("grant_type", "authorization_code"), ("client_id", "web")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("client_id", "web")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "a")], "invalid_request"),
        (
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", "a"),
                ("client_id", "web"),
                ("client_id", "web"),
            ],
            "invalid_request",
        ),
        (
            &[("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", "a")],
            "invalid_grant",
        ),
        (
            &[("grant_type", "authorization_code"), ("client_id", "web"), ("code", "a")],
            "invalid_request",
        ),
    ];
    for (params, error) in asked {
        let answer = post(&pool, "/oauth2/token", params).await;
        assert_eq!(answer.error(), refused(error), "{params:?}");
        assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    }
}

#[tokio::test]
async fn a_resource_and_a_level_that_were_asked_for_are_in_the_tokens() {
    let pool = pool();
    let api = "https://api.example.com";
    let more = [("resource", api), ("acr_values", "urn:cognito:loa:2"), ("scope", "openid")];
    let tokens = exchange(&pool, &code(&pool, &more).await, &[]).await;
    let [access, id] = ["access_token", "id_token"].map(|name| claims(&tokens.text(name)));
    assert_eq!((&access["aud"], &id["aud"]), (&json!(api), &json!("web")));
    for token in [access, id] {
        assert_eq!(token["acr"], "urn:cognito:loa:2");
        assert_eq!(token["amr"], json!(["pwd", "otp", "mfa"]));
    }
}

#[tokio::test]
async fn the_lifetimes_are_those_of_the_client() {
    let pool = pool();
    let [minutes, hours] = [Duration::from_secs(300), Duration::from_secs(7200)];
    pool.add_client(TestClient::new("web").access_token_lifetime(minutes).id_token_lifetime(hours));
    let tokens = exchange(&pool, &code(&pool, &[("scope", "openid")]).await, &[]).await;
    assert_eq!(tokens.json()["expires_in"], 300);
    for (name, lifetime) in [("access_token", 300), ("id_token", 7200)] {
        let token = claims(&tokens.text(name));
        assert_eq!(token["exp"].as_u64(), token["iat"].as_u64().map(|at| at + lifetime));
    }
}
