use axum::Router;

use crate::apps::tracing_user;
use crate::common::{POOL, alice, bearer, get, send, verifier};
use crate::log::Log;

fn app() -> Router {
    tracing_user::app(verifier())
}

/// What is logged of a request with this token.
async fn log(token: &str) -> String {
    let (log, _guard) = Log::start();
    send(&app(), get("/orders").header("authorization", bearer(token))).await;
    log.text()
}

fn line<'a>(log: &'a str, message: &str) -> &'a str {
    log.lines().find(|line| line.contains(message)).unwrap_or_else(|| panic!("{message}: {log}"))
}

#[tokio::test]
async fn what_a_handler_logs_names_the_user() {
    let log = log(&alice().sign()).await;
    let line = line(&log, "reads the orders");
    assert!(line.contains(r#"path="/orders""#) && line.contains(&user()), "{line}");
}

#[tokio::test]
async fn the_answer_is_logged_with_the_user() {
    let log = log(&alice().sign()).await;
    let line = line(&log, "answered");
    assert!(line.contains("status=200") && line.contains(&user()), "{line}");
}

#[tokio::test]
async fn a_refusal_is_logged_with_its_reason_and_without_a_user() {
    let log = log(&alice().expired().sign()).await;
    let line = line(&log, "answered");
    assert!(line.contains("status=401") && line.contains("the token has expired"), "{line}");
    assert!(!line.contains("user="), "{line}");
}

#[tokio::test]
async fn no_token_is_logged() {
    for token in [alice().sign(), alice().expired().sign()] {
        let log = log(&token).await;
        assert!(token.split('.').all(|part| !log.contains(part)), "{log}");
    }
}

/// The field of the user, as it stands in a line.
fn user() -> String {
    format!("user=\"{}\"", POOL.sub_of("alice"))
}
