use axum::Router;
use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use axum_cognito::testing::TestPool;

use crate::apps::cookies;
use crate::common::{alice, bearer, get, header, post, send, verifier};

fn app() -> Router {
    cookies::app(verifier())
}

fn with_cookie(request: Builder) -> Builder {
    request.header("cookie", format!("__Host-access_token={}", alice().sign()))
}

/// The status of an order by the cookie, with a header that a browser adds.
async fn order(name: &str, value: &str) -> StatusCode {
    let request = with_cookie(post("/orders")).header("host", "shop.example.com");
    send(&app(), request.header(name, value)).await.status()
}

#[tokio::test]
async fn the_cookie_says_who_asks() {
    let response = send(&app(), with_cookie(get("/me"))).await;
    assert_eq!(response.body(), "you are alice\n");
}

#[tokio::test]
async fn an_order_comes_from_the_applications_own_page() {
    assert_eq!(order("sec-fetch-site", "same-origin").await, StatusCode::OK);
}

#[tokio::test]
async fn another_site_orders_nothing() {
    assert_eq!(order("sec-fetch-site", "cross-site").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_subdomain_orders_nothing() {
    assert_eq!(order("sec-fetch-site", "same-site").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_site_orders_nothing_through_an_older_browser() {
    assert_eq!(order("origin", "https://evil.example").await, StatusCode::FORBIDDEN);
    assert_eq!(order("origin", "https://shop.example.com").await, StatusCode::OK);
}

#[tokio::test]
async fn no_script_and_no_plain_connection_sees_the_cookie() {
    let request = post("/session").header("authorization", bearer(&alice().sign()));
    let response = send(&app(), request).await;
    let cookie = header(&response, "set-cookie");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute}: {cookie}");
    }
}

#[tokio::test]
async fn the_cookie_that_is_set_signs_in_and_ends_with_its_token() {
    let token = alice().sign();
    let response = send(&app(), post("/session").header("authorization", bearer(&token))).await;
    let cookie = header(&response, "set-cookie");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(pair, format!("__Host-access_token={token}"));
    let seconds = attributes.strip_prefix("Max-Age=").and_then(|rest| rest.split(';').next());
    let seconds: u64 = seconds.and_then(|seconds| seconds.parse().ok()).expect("seconds");
    // The token is good for an hour.
    assert!((1..=3600).contains(&seconds), "{cookie}");
    assert_eq!(send(&app(), get("/me").header("cookie", pair)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn no_bad_token_becomes_a_cookie() {
    let forged = alice().signed_by(&TestPool::offline()).sign();
    let request = post("/session").header("authorization", bearer(&forged));
    let response = send(&app(), request).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "set-cookie"), "");
}

#[tokio::test]
async fn a_cookie_does_not_renew_itself() {
    let response = send(&app(), with_cookie(post("/session"))).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let request = Request::delete("/session");
    let response = send(&app(), request).await;
    assert!(header(&response, "set-cookie").starts_with("__Host-access_token=; Max-Age=0;"));
}
