use axum::http::StatusCode;
use serde_json::Value;

use crate::apps::openapi;
use crate::common::{alice, get, send, status, verifier};

async fn document() -> Value {
    let response = send(&openapi::app(verifier()), get("/openapi.json")).await;
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_str(response.body()).expect("JSON")
}

#[tokio::test]
async fn the_document_says_how_to_sign_in() {
    let scheme = &document().await["components"]["securitySchemes"]["cognito"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&"http".into(), &"bearer".into()));
}

#[tokio::test]
async fn a_protected_operation_has_the_refusals_and_an_open_one_has_not() {
    let document = document().await;
    for code in ["401", "403", "503"] {
        let of = |path: &str| document["paths"][path]["get"]["responses"][code].is_object();
        assert_eq!((of("/me"), of("/health")), (true, false), "{code}");
    }
}

#[tokio::test]
async fn the_routes_do_what_the_document_says() {
    let app = openapi::app(verifier());
    assert_eq!(send(&app, get("/me")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, get("/health")).await.status(), StatusCode::OK);
    assert_eq!(status(&app, get("/orders"), alice()).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&app, get("/orders"), alice().scope("orders/read")).await, StatusCode::OK);
}
