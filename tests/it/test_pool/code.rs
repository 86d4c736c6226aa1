//! Sign-in by a code.

use axum_cognito::testing::TestPool;
use serde_json::json;

use super::{authorize, claims, exchange};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn pool() -> TestPool {
    let pool = TestPool::offline();
    pool.sign_in_as("alice");
    pool
}

#[tokio::test]
async fn a_code_is_exchanged_for_all_three_tokens() {
    let pool = pool();
    let back = authorize(
        &pool,
        &[
            ("scope", "openid email"),
            ("state", "a state"),
            ("nonce", "a nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    )
    .await;
    assert!(back.header("location").starts_with("https://app.example.com/callback?code="));
    assert_eq!(back.redirected("state").as_deref(), Some("a state"));
    let code = back.redirected("code").expect("a code");

    let tokens = exchange(&pool, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let [access, id] = ["access_token", "id_token"].map(|name| claims(&tokens.text(name)));
    assert_eq!(tokens.text("refresh_token").split('.').count(), 5);
    assert_eq!(tokens.json()["expires_in"], 3600);
    assert_eq!(tokens.text("token_type"), "Bearer");

    assert_eq!(access["username"], "alice");
    assert_eq!(access["scope"], "openid email");
    assert_eq!(access["client_id"], "web");
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
