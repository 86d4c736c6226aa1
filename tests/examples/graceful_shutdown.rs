use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get as route;
use axum_cognito::testing::TestPool;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use crate::apps::graceful_shutdown;
use crate::common::{POOL, get, send};

const HOUR: Duration = Duration::from_secs(3600);

async fn ask(pool: &TestPool, path: &str) -> (StatusCode, String) {
    let app = graceful_shutdown::app(pool.verifier("test-client"));
    let response = send(&app, get(path)).await;
    (response.status(), response.into_body())
}

#[tokio::test]
async fn a_server_is_ready_once_it_has_keys() {
    let pool = TestPool::start().await;
    let (status, body) = ask(&pool, "/ready").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "keys: [Empty]\n"));
    pool.verifier("test-client").prefetch().await.expect("the pool's keys");
    let (status, body) = ask(&pool, "/ready").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "keys: [Fresh]\n"));
}

#[tokio::test]
async fn a_server_stays_ready_through_an_outage_until_its_keys_are_dead() {
    let pool = TestPool::offline();
    pool.set_outage(true);
    pool.clock().advance(23 * HOUR);
    assert_eq!(ask(&pool, "/ready").await.0, StatusCode::OK);
    pool.clock().advance(2 * HOUR);
    let (status, body) = ask(&pool, "/ready").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "keys: [Expired]\n"));
}

#[tokio::test]
async fn a_server_without_keys_is_alive() {
    let pool = TestPool::start().await;
    assert_eq!(ask(&pool, "/live").await.0, StatusCode::OK);
}

#[tokio::test]
async fn health_needs_no_token_and_all_else_does() {
    assert_eq!(ask(&POOL, "/ready").await.0, StatusCode::OK);
    assert_eq!(ask(&POOL, "/me").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_that_came_before_the_end_gets_its_answer() {
    let (arrived, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&arrived), Arc::clone(&answer));
    let slow = async move || {
        tell.notify_one();
        wait.notified().await;
        "done"
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (end, ended) = oneshot::channel::<()>();
    let app = Router::new().route("/", route(slow));
    let signal = async {
        let _ = ended.await;
    };
    let server = tokio::spawn(graceful_shutdown::serve(listener, app, signal));
    let request = tokio::spawn(reqwest::get(url.clone()));
    arrived.notified().await;
    end.send(()).expect("a server that listens");
    // The listener is closed before the answer is there.
    while reqwest::get(format!("{url}another")).await.is_ok() {}
    assert!(!server.is_finished());
    answer.notify_one();
    let response = request.await.expect("no panic").expect("an answer");
    assert_eq!(response.text().await.expect("a body"), "done");
    server.await.expect("no panic").expect("a good end");
}
