//! Signing in, and what a session is then.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::browser::{From, location, set_cookies};
use super::rig::Rig;
use super::{ADDRESS, SESSION_COOKIE};
use crate::common::send;

#[tokio::test]
async fn a_page_leads_to_the_sign_in_and_back_to_itself() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let response = browser.go("/orders?page=2", From::Here).await;
    assert_eq!(response.status(), 303);
    assert_eq!(location(&response), "/auth/sign-in?to=%2Forders%3Fpage%3D2");
    let response = browser.sign_in(&location(&response)).await;
    assert_eq!(response.status(), 200);
    assert!(response.body().contains(r#"content="0; url=/orders?page=2""#), "{}", response.body());
    let response = browser.go("/orders?page=2", From::Here).await;
    assert_eq!((response.status().as_u16(), response.body()), (200, &rig.pool.sub_of("alice")));
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_call_of_a_script_without_a_session_gets_401_as_ever() {
    let rig = Rig::new().await;
    let response = rig.browser().fetch("GET", "/api/me").await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="cognito""#);
    let response = rig.browser().fetch("POST", "/api/orders").await;
    assert_eq!(response.status(), 401);
    // A program that is no browser.
    let response = send::get(rig.app(), &[("accept", "application/json")]).await;
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn a_browser_without_fetch_metadata_is_led_to_the_sign_in_too() {
    let rig = Rig::new().await;
    let request = Request::get("/orders").header("accept", "text/html,*/*;q=0.8");
    let response = send::send(rig.app(), request.body(Body::empty()).expect("a request")).await;
    assert_eq!(
        (response.status().as_u16(), &*location(&response)),
        (303, "/auth/sign-in?to=%2Forders")
    );
}

#[tokio::test]
async fn the_way_to_the_pool_names_the_client_the_callback_and_proofs_and_no_secret() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let uri = reqwest::Url::parse(&way).expect("an address");
    assert!(way.starts_with(&format!("{}/oauth2/authorize?", rig.pool.domain())), "{way}");
    let get = |name: &str| {
        let mut values = uri.query_pairs().filter(|(own, _)| own == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        assert!(values.next().is_none(), "{name} twice");
        value
    };
    assert_eq!(get("response_type").as_deref(), Some("code"));
    assert_eq!(get("client_id").as_deref(), Some("web-client"));
    assert_eq!(get("redirect_uri"), Some(format!("{ADDRESS}/auth/callback")));
    assert_eq!(get("scope").as_deref(), Some("openid email aws.cognito.signin.user.admin"));
    assert_eq!(get("code_challenge_method").as_deref(), Some("S256"));
    for proof in ["state", "nonce", "code_challenge"] {
        assert_eq!(get(proof).map(|proof| proof.len()), Some(43), "{proof}");
    }
    assert_eq!(get("client_secret"), None);
    let cookies = browser.cookie_names();
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].starts_with("__Host-Http-sign-in-"), "{cookies:?}");
}

#[tokio::test]
async fn cookies_have_the_strictest_attributes_that_work() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let response = browser.go("/auth/sign-in", From::Here).await;
    let [begun] = set_cookies(&response)[..] else { panic!("one cookie") };
    assert!(begun.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"), "{begun}");
    let back = browser.at_pool(&location(&response)).await;
    let response = browser.go(&back, From::Elsewhere).await;
    let set = set_cookies(&response);
    let session = set.iter().find(|cookie| cookie.starts_with(SESSION_COOKIE)).expect("a session");
    assert!(session.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{session}");
    let pair = session.split(';').next().expect("a pair");
    assert_eq!(pair.len(), SESSION_COOKIE.len() + 1 + 43);
    assert!(
        set.iter().any(
            |cookie| cookie.starts_with("__Host-Http-sign-in-") && cookie.contains("Max-Age=0")
        ),
        "{set:?}"
    );
    assert_eq!(browser.cookie_names(), [SESSION_COOKIE]);
}

#[tokio::test]
async fn a_lax_sign_in_goes_back_by_a_redirect_and_its_cookie_comes_with_links() {
    let rig = Rig::with(|client| client, |builder| builder.lax()).await;
    let mut browser = rig.browser();
    let response = browser.sign_in("/auth/sign-in?to=/orders").await;
    assert_eq!((response.status().as_u16(), &*location(&response)), (303, "/orders"));
    assert!(set_cookies(&response).iter().any(|cookie| cookie.contains("SameSite=Lax")));
    assert_eq!(browser.go("/orders", From::Elsewhere).await.status(), 200);
}

#[tokio::test]
async fn the_cookie_of_a_user_with_many_groups_is_as_small_as_any() {
    let rig = Rig::new().await;
    rig.pool.add_user(axum_cognito::testing::TestUser::new("bob"));
    rig.pool.set_groups("bob", (0..100).map(|number| format!("group-{number}")));
    let browser = rig.signed_in("bob").await;
    assert_eq!(browser.session().map(|session| session.len()), Some(43));
}

#[tokio::test]
async fn the_session_says_who_is_signed_in_and_until_when() {
    let rig = Rig::new().await;
    let response = rig.browser().fetch("GET", "/auth/session").await;
    assert_eq!((response.status().as_u16(), &**response.body()), (200, r#"{"signed_in":false}"#));
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut browser = rig.signed_in("alice").await;
    let response = browser.fetch("GET", "/auth/session").await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!(body["signed_in"], json!(true));
    assert_eq!(body["name"], json!("alice@example.com"));
    let now = rig.pool.clock().now().duration_since(std::time::UNIX_EPOCH).expect("1970").as_secs();
    let left = |name: &str| body[name].as_u64().expect("a date") - now;
    assert!((43_190..=43_200).contains(&left("expires_at")), "{body}");
    assert!((3_590..=3_600).contains(&left("token_expires_at")), "{body}");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_public_page_sees_the_session_and_does_without() {
    let rig = Rig::new().await;
    assert_eq!(rig.browser().go("/public", From::Here).await.body(), "false");
    let mut browser = rig.signed_in("alice").await;
    assert_eq!(browser.go("/public", From::Here).await.body(), "true");
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_and_one_in_use_does_not() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let mut idle = rig.signed_in("alice").await;
    for _ in 0..13 {
        rig.advance(3600);
        assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    }
    let response = idle.fetch("GET", "/api/me").await;
    assert_eq!(response.status(), 401, "{}", response.body());
}

#[tokio::test]
async fn a_look_at_the_session_does_not_count_as_use() {
    let idle = std::time::Duration::from_secs(600);
    let rig = Rig::with(|client| client, |builder| builder.idle(idle)).await;
    let mut browser = rig.signed_in("alice").await;
    for _ in 0..3 {
        rig.advance(200);
        browser.fetch("GET", "/auth/session").await;
    }
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
}

#[tokio::test]
async fn a_session_ends_at_its_longest_age_however_much_it_is_used() {
    let age = std::time::Duration::from_secs(7200);
    let rig = Rig::with(|client| client, |builder| builder.max_age(age)).await;
    let mut browser = rig.signed_in("alice").await;
    rig.advance(3500);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    rig.advance(3690);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    rig.advance(20);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
}

#[tokio::test]
async fn several_tabs_may_sign_in_at_a_time() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let mut ways = Vec::new();
    for tab in 0..5 {
        ways.push(browser.go_to_pool(&format!("/auth/sign-in?to=/orders?tab={tab}")).await);
    }
    assert_eq!(browser.cookie_names().len(), 5);
    for (tab, way) in ways.iter().enumerate() {
        let back = browser.at_pool(way).await;
        let response = browser.go(&back, From::Elsewhere).await;
        assert!(response.body().contains(&format!("url=/orders?tab={tab}")), "{}", response.body());
    }
    assert_eq!(browser.cookie_names(), [SESSION_COOKIE]);
}

#[tokio::test]
async fn a_sixth_sign_in_at_a_time_makes_the_oldest_go() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let first = browser.go_to_pool("/auth/sign-in").await;
    for _ in 0..7 {
        rig.advance(1);
        browser.go_to_pool("/auth/sign-in").await;
        assert!(browser.cookie_names().len() <= 5);
    }
    let back = browser.at_pool(&first).await;
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 400);
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn one_api_serves_the_browser_and_other_programs() {
    let rig = Rig::with(|client| client, |builder| builder.also_bearer()).await;
    let mut browser = rig.signed_in("alice").await;
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    let token = rig.pool.sign_in("bob", "web-client").access_token().to_owned();
    let call = |token: &str| {
        let request = Request::get("/api/me").header("authorization", format!("Bearer {token}"));
        request.header("accept", "text/html").body(Body::empty()).expect("a request")
    };
    let response = send::send(rig.app(), call(&token)).await;
    assert_eq!((response.status().as_u16(), response.body()), (200, &rig.pool.sub_of("bob")));
    // With both, the token decides, and a bad one is refused as ever.
    let response = browser.send(call(&token), From::Here).await;
    assert_eq!(response.body(), &rig.pool.sub_of("bob"));
    let response = browser.send(call("a.b.c"), From::Here).await;
    assert_eq!(response.status(), 401);
    assert!(
        response.headers()["www-authenticate"].to_str().expect("text").contains("invalid_token")
    );
    let request = Request::post("/api/orders").header("authorization", format!("Bearer {token}"));
    let request = request.header("origin", "https://another.example");
    let response = send::send(rig.app(), request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.body(), "ordered");
}

#[tokio::test]
async fn a_bearer_token_is_nothing_where_it_was_not_asked_for() {
    let rig = Rig::new().await;
    let token = rig.pool.sign_in("bob", "web-client").access_token().to_owned();
    let request = Request::get("/api/me").header("authorization", format!("Bearer {token}"));
    let response = send::send(rig.app(), request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn a_session_extractor_without_the_layer_is_an_error_of_the_server() {
    use axum_cognito::Session;
    let app = axum::Router::new().route("/", axum::routing::get(async |_: Option<Session>| "in"));
    assert_eq!(send::get::<&str>(app, &[]).await.status(), 500);
}

#[tokio::test]
async fn the_token_of_a_session_is_there_for_calls_downstream() {
    let rig = Rig::with(|client| client, |builder| builder.also_bearer()).await;
    let mut browser = rig.signed_in("alice").await;
    let token = browser.fetch("GET", "/api/token").await.body().clone();
    assert_eq!(browser.fetch("GET", "/api/bearer").await.body(), &token);
    let other = rig.pool.sign_in("bob", "web-client").access_token().to_owned();
    let request = Request::get("/api/bearer").header("authorization", format!("Bearer {other}"));
    let response = browser.send(request.body(Body::empty()).expect("a request"), From::Here).await;
    assert_eq!(response.body(), &other);
}
