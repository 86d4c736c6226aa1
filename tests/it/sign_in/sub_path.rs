//! An application below a path of its host.

use axum::Router;

use super::browser::{Browser, From, location, set_cookies};
use super::rig::{Rig, app};

const ADDRESS: &str = "https://app.example.com/shop";

async fn rig() -> (Rig, Router) {
    let callback = format!("{ADDRESS}/auth/callback");
    let rig = Rig::with(
        |client| client.callback(&callback).logout_url(&format!("{ADDRESS}/")),
        |builder| builder,
    )
    .await;
    let verifier = super::rig::verifier(&rig.pool, &rig.revocations);
    let builder = axum_cognito::SignIn::builder(verifier, rig.client.clone(), ADDRESS);
    let app = app(&builder.sessions(rig.store.clone()).build().expect("settings that can be"));
    (rig, app)
}

#[tokio::test]
async fn an_application_that_is_nested_in_a_router_signs_in() {
    let (rig, app) = rig().await;
    let mut browser = Browser::new(Router::new().nest("/shop", app), rig.pool.router());
    let response = browser.go("/shop/orders", From::Here).await;
    assert_eq!(location(&response), "/shop/auth/sign-in?to=%2Fshop%2Forders");
    let response = browser.sign_in(&location(&response)).await;
    assert!(response.body().contains("url=/shop/orders"), "{}", response.body());
    assert!(browser.cookie("__Host-Http-session.shop").is_some(), "{:?}", browser.cookie_names());
    assert_eq!(browser.go("/shop/orders", From::Here).await.status(), 200);
    let response = browser.submit("/shop/auth/sign-out", super::ADDRESS).await;
    assert!(location(&response).ends_with("logout_uri=https%3A%2F%2Fapp.example.com%2Fshop%2F"));
}

#[tokio::test]
async fn an_application_behind_a_proxy_that_takes_the_path_away_signs_in() {
    let (rig, app) = rig().await;
    let mut browser = Browser::new(app, rig.pool.router());
    let response = browser.go("/orders", From::Here).await;
    assert_eq!(location(&response), "/shop/auth/sign-in?to=%2Fshop%2Forders");
    let response = browser.go("/auth/sign-in?to=/shop/orders", From::Here).await;
    let back = browser.at_pool(&location(&response)).await;
    let back = back.strip_prefix("/shop").expect("its own callback");
    let response = browser.go(back, From::Elsewhere).await;
    assert!(set_cookies(&response).iter().any(|cookie| cookie.contains("Path=/;")));
    assert_eq!(browser.go("/orders", From::Here).await.status(), 200);
}

#[tokio::test]
async fn two_applications_of_one_host_do_not_take_each_others_session() {
    let (rig, app) = rig().await;
    let mut browser = Browser::new(Router::new().nest("/shop", app), rig.pool.router());
    browser.sign_in("/shop/auth/sign-in").await;
    let mut root = browser.at(rig.app());
    assert_eq!(root.fetch("GET", "/api/me").await.status(), 401);
    root.sign_in("/auth/sign-in").await;
    assert_eq!(root.cookie_names(), ["__Host-Http-session", "__Host-Http-session.shop"]);
}

#[tokio::test]
async fn a_destination_of_the_host_outside_of_the_application_is_refused() {
    let (rig, app) = rig().await;
    let mut browser = Browser::new(Router::new().nest("/shop", app), rig.pool.router());
    for to in ["/", "/orders", "/shopping", "/shop/../orders"] {
        let response = browser.go(&format!("/shop/auth/sign-in?to={to}"), From::Here).await;
        assert_eq!(response.status(), 400, "{to}");
    }
}
