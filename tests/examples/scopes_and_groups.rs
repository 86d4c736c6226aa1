use axum::Router;
use axum::http::StatusCode;

use crate::apps::scopes_and_groups;
use crate::common::{POOL, alice, bearer, get, header, post, send, status, verifier};

fn app() -> Router {
    scopes_and_groups::app(verifier())
}

#[tokio::test]
async fn a_reader_reads_and_may_not_write() {
    let reader = || alice().scope("orders/read");
    assert_eq!(status(&app(), get("/orders"), reader()).await, StatusCode::OK);
    assert_eq!(status(&app(), post("/orders"), reader()).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_writer_writes_and_reads() {
    let writer = || alice().scope("orders/write");
    assert_eq!(status(&app(), get("/orders"), writer()).await, StatusCode::OK);
    assert_eq!(status(&app(), post("/orders"), writer()).await, StatusCode::OK);
}

#[tokio::test]
async fn a_reader_is_told_the_scope_that_writing_needs() {
    let token = bearer(&alice().scope("orders/read").sign());
    let response = send(&app(), post("/orders").header("authorization", token)).await;
    assert!(header(&response, "www-authenticate").contains(r#"scope="orders/write""#));
}

#[tokio::test]
async fn an_admin_needs_the_group_and_the_scope() {
    let admin = || alice().groups(["admins"]);
    let ask = async |token| status(&app(), get("/admin/orders"), token).await;
    assert_eq!(ask(admin().scope("orders/read")).await, StatusCode::OK);
    assert_eq!(ask(admin()).await, StatusCode::FORBIDDEN);
    assert_eq!(ask(alice().scope("orders/read")).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_export_is_for_machines() {
    let ask = async |token| status(&app(), get("/export"), token).await;
    assert_eq!(ask(POOL.machine_token("test-client")).await, StatusCode::OK);
    assert_eq!(ask(alice().groups(["admins"])).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    for path in ["/orders", "/admin/orders", "/export"] {
        assert_eq!(send(&app(), get(path)).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}
