use axum::Router;
use axum::http::StatusCode;

use crate::apps::custom_extractor;
use crate::common::{POOL, alice, bearer, get, header, send, status, verifier};

fn app() -> Router {
    custom_extractor::app(verifier())
}

#[tokio::test]
async fn a_handler_gets_the_customer_that_the_claims_tell() {
    let token = alice().claim("tenant", 7).claim("plan", "business").sign();
    let response = send(&app(), get("/orders").header("authorization", bearer(&token))).await;
    let who = POOL.sub_of("alice");
    let orders = format!("the orders of {who}, of tenant 7, on the plan Business\n");
    assert_eq!(response.body(), &orders);
}

#[tokio::test]
async fn a_customer_without_a_plan_is_on_the_free_one() {
    let token = alice().claim("tenant", 7).sign();
    let response = send(&app(), get("/orders").header("authorization", bearer(&token))).await;
    assert!(response.body().ends_with("on the plan Free\n"), "{}", response.body());
}

#[tokio::test]
async fn a_user_without_a_tenant_is_no_customer() {
    assert_eq!(status(&app(), get("/orders"), alice()).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_tenant_of_another_type_is_none() {
    let token = alice().claim("tenant", "seven");
    assert_eq!(status(&app(), get("/orders"), token).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_token_the_layers_own_answer_is_given() {
    let response = send(&app(), get("/orders")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "www-authenticate"), r#"Bearer realm="cognito""#);
}
