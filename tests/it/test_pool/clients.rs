//! App clients: how they prove who they are, and what they may do.

use axum::body::Body;
use axum::http::{Request, header};
use axum_cognito::testing::{TestClient, TestPool};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, claims, form, get, post, send};

const SECRET: &str = "a secret of the web client";

fn pool() -> TestPool {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").secret(SECRET).secret("the next one"));
    pool.add_client(TestClient::new("mobile"));
    pool.add_client(TestClient::new("batch").secret("s").machine(["orders/read", "orders/write"]));
    pool
}

async fn renew(
    pool: &TestPool,
    client: &str,
    more: &[(&str, &str)],
    basic: Option<&str>,
) -> Answer {
    let token = pool.sign_in("alice", client).refresh_token().to_owned();
    let params = [&[("grant_type", "refresh_token"), ("refresh_token", &token)], more].concat();
    let mut request = form("/oauth2/token", &params);
    if let Some(credentials) = basic {
        let value = format!("Basic {}", STANDARD.encode(credentials)).parse().expect("a value");
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    send(pool, request).await
}

#[tokio::test]
async fn a_secret_comes_by_basic_or_in_the_form_and_each_of_two_is_good() {
    let pool = pool();
    let web = ("client_id", "web");
    for secret in [SECRET, "the next one"] {
        let basic = format!("web:{secret}");
        assert_eq!(renew(&pool, "web", &[web], Some(&basic)).await.status, 200);
        assert_eq!(renew(&pool, "web", &[], Some(&basic)).await.status, 200);
        assert_eq!(renew(&pool, "web", &[web, ("client_secret", secret)], None).await.status, 200);
    }
    assert_eq!(renew(&pool, "mobile", &[("client_id", "mobile")], None).await.status, 200);
}

#[tokio::test]
async fn a_client_that_cannot_prove_itself_is_unauthorized() {
    let pool = pool();
    let web = ("client_id", "web");
    let invalid = (401, "invalid_client".to_owned());
    for basic in [Some("web:wrong"), Some("web:"), Some("other:s"), Some("web"), None] {
        assert_eq!(
            renew(&pool, "web", &[web], basic).await.error(),
            match basic {
                Some("other:s") => (400, "invalid_request".to_owned()),
                _ => invalid.clone(),
            }
        );
    }
    let wrong = [web, ("client_secret", "wrong")];
    assert_eq!(renew(&pool, "web", &wrong, None).await.error(), invalid);
    assert_eq!(renew(&pool, "web", &[("client_id", "unknown")], None).await.error(), invalid);
    let public_with_secret = [("client_id", "mobile"), ("client_secret", "s")];
    assert_eq!(renew(&pool, "mobile", &public_with_secret, None).await.error(), invalid);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_an_invalid_grant() {
    let pool = pool();
    let answer = renew(&pool, "web", &[("client_id", "mobile")], None).await;
    assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_machine_gets_an_access_token_for_its_scopes() {
    let pool = pool();
    let base =
        [("grant_type", "client_credentials"), ("client_id", "batch"), ("client_secret", "s")];
    let all = post(&pool, "/oauth2/token", &base).await;
    assert_eq!(all.json().as_object().map(serde_json::Map::len), Some(3), "{}", all.body);
    let token = claims(&all.text("access_token"));
    assert_eq!((&token["sub"], &token["client_id"]), (&"batch".into(), &"batch".into()));
    assert_eq!(token["scope"], "orders/read orders/write");
    assert!(token["username"].is_null());
    let one =
        post(&pool, "/oauth2/token", &[&base[..], &[("scope", "orders/read")]].concat()).await;
    assert_eq!(claims(&one.text("access_token"))["scope"], "orders/read");
    let wrong = post(&pool, "/oauth2/token", &[&base[..], &[("scope", "openid")]].concat()).await;
    assert_eq!(wrong.error(), (400, "invalid_scope".to_owned()));
}

#[tokio::test]
async fn a_client_uses_no_grant_that_it_has_not() {
    let pool = pool();
    let unauthorized = (400, "unauthorized_client".to_owned());
    let web = [("grant_type", "client_credentials"), ("client_id", "mobile")];
    assert_eq!(post(&pool, "/oauth2/token", &web).await.error(), unauthorized);
    let batch = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "a"),
        ("client_id", "batch"),
        ("client_secret", "s"),
    ];
    assert_eq!(post(&pool, "/oauth2/token", &batch).await.error(), unauthorized);
}

#[tokio::test]
async fn browsers_of_any_origin_may_call_three_endpoints_and_no_others() {
    const CORS: &str = "access-control-allow-origin";
    let pool = pool();
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"] {
        assert_eq!(post(&pool, path, &[]).await.header(CORS), "*", "{path}");
        let preflight = Request::options(path).body(Body::empty());
        let preflight = send(&pool, preflight.expect("a request")).await;
        assert_eq!((preflight.status.as_u16(), preflight.header(CORS)), (200, "*"), "{path}");
    }
    let jwks = format!("/{}/.well-known/jwks.json", pool.user_pool().id());
    for path in ["/oauth2/authorize", "/login", "/logout", "/error", &jwks] {
        assert_eq!(get(&pool, path).await.header(CORS), "", "{path}");
    }
    assert_eq!(get(&pool, "/oauth2/token").await.status, 405);
}

#[test]
#[should_panic(expected = "a grace period of at most 60 seconds")]
fn a_grace_period_that_cognito_does_not_have_is_refused() {
    let _ = TestClient::new("web").rotation(std::time::Duration::from_secs(61));
}

#[test]
fn no_secret_is_shown_by_debug() {
    let text = format!("{:?}", TestClient::new("web").secret(SECRET));
    assert!(text.contains("web") && !text.contains(SECRET), "{text}");
}
