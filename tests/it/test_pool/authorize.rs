//! What a browser sees: managed login, its page, its cookie, and the way out.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum_cognito::testing::{TestClient, TestPool, TestUser};

use super::{Answer, authorize, encode, exchange, form, get, send};

const CALLBACK: &str = "https://app.example.com/callback";

fn pool() -> TestPool {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").callback(CALLBACK).scopes(["openid", "email"]));
    pool
}

/// The path of `/oauth2/authorize` for this client, with more parameters.
fn path(more: &[(&str, &str)]) -> String {
    let base = [("response_type", "code"), ("client_id", "web"), ("redirect_uri", CALLBACK)];
    format!("/oauth2/authorize?{}", encode(&[&base, more].concat()))
}

/// What a browser with this cookie gets.
async fn with_cookie(pool: &TestPool, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty());
    send(pool, request.expect("a request")).await
}

/// Presses the button of this user. Returns the answer and the cookie that comes with it.
async fn press(pool: &TestPool, username: &str) -> (Answer, String) {
    let page = authorize(pool, &[]).await;
    assert!(page.header("location").starts_with("/login?"), "{}", page.header("location"));
    let answer = send(pool, form(page.header("location"), &[("username", username)])).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (answer, cookie)
}

#[tokio::test]
async fn the_page_has_a_button_for_each_user_and_a_field_for_any_other() {
    let pool = pool();
    pool.add_user(TestUser::new("alice"));
    pool.add_user(TestUser::new("<b>bob</b> & \"co\""));
    let login = authorize(&pool, &[("login_hint", "carol")]).await;
    let page = get(&pool, login.header("location")).await;
    assert_eq!(page.header("content-type"), "text/html;charset=UTF-8");
    for part in [
        "<html lang=\"en\">",
        "<button name=\"username\" value=\"alice\">alice</button>",
        "value=\"&lt;b&gt;bob&lt;/b&gt; &amp; &quot;co&quot;\"",
        "<label for=\"username\">",
        "value=\"carol\"",
    ] {
        assert!(page.body.contains(part), "no {part} in {}", page.body);
    }
    assert!(!page.body.contains("<b>"));
}

#[tokio::test]
async fn a_button_signs_its_user_in() {
    let pool = pool();
    let (answer, cookie) = press(&pool, "alice").await;
    assert!(cookie.starts_with("cognito="), "{cookie}");
    let tokens = exchange(&pool, &answer.redirected("code").expect("a code"), &[]).await;
    assert_eq!(super::claims(&tokens.text("access_token"))["username"], "alice");
}

#[tokio::test(start_paused = true)]
async fn a_browser_stays_signed_in_for_an_hour() {
    let pool = pool();
    let (_, cookie) = press(&pool, "alice").await;
    pool.clock().advance(Duration::from_secs(3599));
    let answer = with_cookie(&pool, &path(&[]), &cookie).await;
    assert!(answer.redirected("code").is_some());
    pool.clock().advance(Duration::from_secs(1));
    let answer = with_cookie(&pool, &path(&[]), &cookie).await;
    assert!(answer.header("location").starts_with("/login?"));
}

#[tokio::test(start_paused = true)]
async fn a_program_can_ask_for_a_new_sign_in() {
    let pool = pool();
    let (_, cookie) = press(&pool, "alice").await;
    pool.clock().advance(Duration::from_secs(100));
    for fresh in [&[("prompt", "login")][..], &[("max_age", "0")], &[("max_age", "99")]] {
        let answer = with_cookie(&pool, &path(fresh), &cookie).await;
        assert!(answer.header("location").starts_with("/login?"), "{fresh:?}");
    }
    let answer = with_cookie(&pool, &path(&[("max_age", "100")]), &cookie).await;
    let tokens = exchange(&pool, &answer.redirected("code").expect("a code"), &[]).await;
    let token = super::claims(&tokens.text("access_token"));
    assert_eq!(token["iat"].as_u64(), token["auth_time"].as_u64().map(|at| at + 100));
}

#[tokio::test]
async fn without_a_prompt_nobody_is_asked() {
    let pool = pool();
    let none = [("prompt", "none"), ("state", "s")];
    let answer = authorize(&pool, &none).await;
    assert_eq!(answer.redirected("error").as_deref(), Some("login_required"));
    assert_eq!(answer.redirected("state").as_deref(), Some("s"));
    let (_, cookie) = press(&pool, "alice").await;
    assert!(with_cookie(&pool, &path(&none), &cookie).await.redirected("code").is_some());
}

#[tokio::test]
async fn logout_alone_forgets_the_browser() {
    let pool = pool();
    let (_, cookie) = press(&pool, "alice").await;
    pool.sign_out_user("alice");
    assert!(with_cookie(&pool, &path(&[]), &cookie).await.redirected("code").is_some());

    let out = format!(
        "/logout?{}",
        encode(&[("client_id", "web"), ("logout_uri", "https://app.example.com/bye")])
    );
    let answer = with_cookie(&pool, &out, &cookie).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (302, "https://app.example.com/bye")
    );
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    let answer = with_cookie(&pool, &path(&[]), &cookie).await;
    assert!(answer.header("location").starts_with("/login?"));
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let pool = pool();
    pool.add_client(
        TestClient::new("web").callback(CALLBACK).logout_url("https://app.example.com/"),
    );
    pool.sign_in_as("alice");
    for wrong in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://app.example.com/callback/"),
        ("redirect_uri", ""),
        ("client_id", "other"),
        ("client_id", ""),
    ] {
        let answer = authorize(&pool, &[wrong]).await;
        assert!(answer.header("location").starts_with("/error?"), "{wrong:?}");
        let page = get(&pool, answer.header("location")).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (400, "text/html;charset=UTF-8")
        );
    }
    for wrong in ["https://evil.example/", "https://app.example.com", ""] {
        let query = encode(&[("client_id", "web"), ("logout_uri", wrong)]);
        let answer = get(&pool, &format!("/logout?{query}")).await;
        assert!(answer.header("location").starts_with("/error?"), "{wrong}");
    }
}

#[tokio::test]
async fn an_error_goes_back_to_the_client_with_its_state() {
    let pool = pool();
    pool.sign_in_as("alice");
    pool.add_client(TestClient::new("batch").secret("s").machine(["orders/read"]));
    let challenge = ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let asked = [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("client_id", "batch")], "unauthorized_client"),
        (&[("scope", "openid orders/read")], "invalid_scope"),
        (&[("code_challenge_method", "S256")], "invalid_request"),
        (&[challenge], "invalid_request"),
        (&[challenge, ("code_challenge_method", "plain")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("nonce", "a"), ("nonce", "b")], "invalid_request"),
    ];
    for (params, error) in asked {
        let answer = authorize(&pool, &[params, &[("state", "a state")]].concat()).await;
        assert!(answer.header("location").starts_with(CALLBACK), "{params:?}");
        assert_eq!(answer.redirected("error").as_deref(), Some(error), "{params:?}");
        assert!(answer.redirected("error_description").is_some(), "{params:?}");
        assert_eq!(answer.redirected("state").as_deref(), Some("a state"), "{params:?}");
        assert_eq!(answer.redirected("code"), None);
    }
}

#[tokio::test]
async fn a_user_who_is_disabled_or_deleted_gets_no_code() {
    let pool = pool();
    pool.sign_in_as("alice");
    pool.disable_user("alice");
    let page = authorize(&pool, &[]).await;
    assert!(page.status.is_success() && page.body.contains("role=\"alert\">User is disabled."));
    pool.enable_user("alice");
    assert!(authorize(&pool, &[]).await.redirected("code").is_some());
    pool.delete_user("alice");
    assert!(authorize(&pool, &[]).await.body.contains("User does not exist."));
}

#[tokio::test]
async fn the_discovery_document_names_the_endpoints() {
    let pool = TestPool::offline();
    let path = format!("/{}/.well-known/openid-configuration", pool.user_pool().id());
    let answer = get(&pool, &path).await;
    assert_eq!(answer.text("issuer"), pool.user_pool().issuers()[0]);
    assert_eq!(answer.text("token_endpoint"), format!("{}/oauth2/token", pool.domain()));
    assert!(pool.domain().ends_with(".invalid"), "{}", pool.domain());
}
