use axum::Router;
use axum::http::StatusCode;

use crate::apps::optional_sign_in;
use crate::common::{alice, bearer, get, header, send, status, verifier};

fn app() -> Router {
    optional_sign_in::app(verifier())
}

#[tokio::test]
async fn the_page_is_for_everybody() {
    let response = send(&app(), get("/")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.body(), "welcome, whoever you are\n");
}

#[tokio::test]
async fn the_page_knows_who_is_signed_in() {
    let token = bearer(&alice().sign());
    let response = send(&app(), get("/").header("authorization", token)).await;
    assert_eq!(response.body(), "welcome, alice\n");
}

#[tokio::test]
async fn a_cache_is_told_that_the_page_depends_on_who_asks() {
    assert_eq!(header(&send(&app(), get("/")).await, "vary"), "authorization");
}

#[tokio::test]
async fn a_bad_token_is_refused_where_none_would_do() {
    assert_eq!(status(&app(), get("/"), alice().expired()).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_basket_needs_a_sign_in() {
    assert_eq!(send(&app(), get("/basket")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app(), get("/basket"), alice()).await, StatusCode::OK);
}
