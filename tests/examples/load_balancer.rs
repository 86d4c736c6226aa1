use axum::Router;
use axum::http::StatusCode;
use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};

use crate::apps::load_balancer;
use crate::common::{get, send};

const CLIENT_ID: &str = "alb-client";

fn app(load_balancer: &TestLoadBalancer) -> Router {
    load_balancer::app(load_balancer.verifier(CLIENT_ID))
}

/// What a load balancer signs for the user Alice.
fn alice(load_balancer: &TestLoadBalancer) -> TestAlbToken {
    load_balancer.token("alice").client_id(CLIENT_ID)
}

#[tokio::test]
async fn who_signed_in_at_the_load_balancer_is_let_in() {
    let load_balancer = TestLoadBalancer::offline();
    let request = get("/me").header("x-amzn-oidc-data", alice(&load_balancer).sign());
    let response = send(&app(&load_balancer), request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.body().starts_with("you are alice"), "{}", response.body());
}

#[tokio::test]
async fn who_comes_past_the_load_balancer_is_not_let_in() {
    let response = send(&app(&TestLoadBalancer::offline()), get("/me")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_another_load_balancer_signed_is_not_let_in() {
    let (load_balancer, another) = (TestLoadBalancer::offline(), TestLoadBalancer::offline());
    let request = get("/me").header("x-amzn-oidc-data", alice(&another).sign());
    assert_eq!(send(&app(&load_balancer), request).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn health_checks_need_no_sign_in() {
    let response = send(&app(&TestLoadBalancer::offline()), get("/health")).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_optional_route_greets_who_did_not_sign_in() {
    let response = send(&app(&TestLoadBalancer::offline()), get("/hello")).await;
    assert_eq!(response.body(), "hello, whoever you are\n");
}
