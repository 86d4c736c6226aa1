use std::collections::BTreeMap;

use axum::Router;
use axum::http::Response;
use axum_cognito::testing::TestPool;

use crate::apps::web_app;
use crate::common::{get, header, post, send};

const ADDRESS: &str = "http://127.0.0.1:3000";

/// A browser that has the application and its pool, and keeps their cookies.
struct Browser {
    app: Router,
    pool: TestPool,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn new() -> Self {
        let pool = TestPool::start().await;
        let revocations = axum_cognito::Revocations::in_memory();
        let sign_in = web_app::sign_in_at(&pool, &revocations, ADDRESS).expect("a client");
        let sign_in = sign_in.build().expect("settings that can be");
        Self { app: web_app::app(&sign_in), pool, cookies: BTreeMap::new() }
    }

    async fn ask(&mut self, method: &str, path: &str) -> Response<String> {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if method == "POST" { post(path) } else { get(path) };
        let request = request.header("sec-fetch-mode", "navigate").header("origin", ADDRESS);
        let response = send(&self.app, request.header("cookie", pairs.join("; "))).await;
        for line in response.headers().get_all("set-cookie") {
            let pair = line.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    async fn sign_in(&mut self, username: &str, path: &str) {
        self.pool.sign_in_as(username);
        let way = self.ask("GET", path).await;
        let uri = header(&way, "location").strip_prefix(&self.pool.domain()).expect("the pool");
        let back = send(&self.pool.router(), get(uri)).await;
        let back = header(&back, "location").strip_prefix(ADDRESS).expect("the application");
        let back = back.to_owned();
        assert_eq!(self.ask("GET", &back).await.status(), 200);
    }
}

#[tokio::test]
async fn the_start_page_is_for_everybody_and_leads_to_the_sign_in() {
    let mut browser = Browser::new().await;
    let response = browser.ask("GET", "/").await;
    assert!(response.body().contains(r#"href="/auth/sign-in?to=/account""#), "{}", response.body());
    let response = browser.ask("GET", "/account").await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "location")),
        (303, "/auth/sign-in?to=%2Faccount")
    );
}

#[tokio::test]
async fn the_account_shows_name_and_groups_and_the_api_says_who() {
    let mut browser = Browser::new().await;
    browser.sign_in("alice", "/auth/sign-in?to=/account").await;
    let response = browser.ask("GET", "/account").await;
    assert!(response.body().contains(r#"<dd id="name">Alice Adams</dd>"#), "{}", response.body());
    assert!(response.body().contains(r#"<dd id="groups">admins</dd>"#), "{}", response.body());
    let response = browser.ask("GET", "/api/me").await;
    assert_eq!(response.body(), r#"{"groups":["admins"],"username":"alice"}"#);
}

#[tokio::test]
async fn the_page_for_admins_asks_for_a_fresh_sign_in() {
    let mut browser = Browser::new().await;
    browser.sign_in("alice", "/auth/sign-in").await;
    assert_eq!(browser.ask("GET", "/admin").await.status(), 200);
    browser.pool.clock().advance(std::time::Duration::from_secs(90));
    let response = browser.ask("GET", "/admin").await;
    let way = header(&response, "location").to_owned();
    assert_eq!(way, "/auth/sign-in?to=%2Fadmin&max_age=60");
    browser.sign_in("alice", &way).await;
    assert_eq!(browser.ask("GET", "/admin").await.status(), 200);
    browser.sign_in("bob", "/auth/sign-in").await;
    assert_eq!(browser.ask("GET", "/admin").await.status(), 403);
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_session_of_the_other_browser_too() {
    let mut browser = Browser::new().await;
    browser.sign_in("bob", "/auth/sign-in").await;
    let mut other =
        Browser { app: browser.app.clone(), pool: browser.pool.clone(), cookies: BTreeMap::new() };
    other.sign_in("bob", "/auth/sign-in").await;
    let response = browser.ask("POST", "/account/sign-out-everywhere").await;
    assert_eq!((response.status().as_u16(), header(&response, "location")), (303, "/"));
    assert_eq!(other.ask("GET", "/account").await.status(), 303);
}
