use axum::Router;
use axum::http::request::Builder;
use axum::http::{Request, StatusCode};

use crate::apps::cors;
use crate::common::{alice, bearer, get, header, send, verifier};

const ORIGIN: &str = "https://app.example.com";

fn app() -> Router {
    cors::app(verifier())
}

fn preflight(origin: &str) -> Builder {
    Request::options("/me")
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization")
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let response = send(&app(), preflight(ORIGIN)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "access-control-allow-origin"), ORIGIN);
    assert!(header(&response, "access-control-allow-headers").contains("authorization"));
}

#[tokio::test]
async fn another_site_is_not_let_in_by_a_preflight() {
    let response = send(&app(), preflight("https://evil.example")).await;
    assert_ne!(header(&response, "access-control-allow-origin"), "https://evil.example");
}

#[tokio::test]
async fn an_answer_may_be_read_by_the_applications_scripts() {
    let request = get("/me").header("origin", ORIGIN);
    let response = send(&app(), request.header("authorization", bearer(&alice().sign()))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "access-control-allow-origin"), ORIGIN);
}

#[tokio::test]
async fn a_script_may_read_why_it_was_refused() {
    let request = get("/me").header("origin", ORIGIN);
    let expired = bearer(&alice().expired().sign());
    let response = send(&app(), request.header("authorization", expired)).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "access-control-allow-origin"), ORIGIN);
    assert!(header(&response, "access-control-expose-headers").contains("www-authenticate"));
    assert!(header(&response, "www-authenticate").contains("The token has expired."));
}

#[tokio::test]
async fn the_request_itself_needs_a_token() {
    let response = send(&app(), get("/me").header("origin", ORIGIN)).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
