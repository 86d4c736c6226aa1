//! A JWKS over HTTP: what is not a plain, short and quick answer is a failed fetch, and the keys at
//! hand stay.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, JwksCacheBuilder, JwksError, JwksState};
use tokio::net::TcpListener;

use crate::common::server::{Server, Then};
use crate::common::tokens::{CLIENT, POOL, access};

const SHORT: Duration = Duration::from_millis(300);
/// Longer than the slowest machine takes.
const LONG: Duration = Duration::from_secs(120);

/// An answer with this status line, these header lines and this body.
fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// A good answer with this body.
fn ok(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// A cache that has the pool's keys, and reads them again at this address.
fn cache_at(url: &str) -> JwksCacheBuilder {
    let pool = POOL.user_pool().with_jwks_url(url).expect("a loopback address");
    JwksCache::builder(pool).preload(&POOL.jwks()).request_timeout(LONG)
}

/// Why a fetch with these settings fails. The keys at hand stay.
async fn failure(builder: JwksCacheBuilder) -> JwksError {
    let cache = builder.build().expect("settings that can be");
    let error = cache.refresh().await.expect_err("a failed fetch");
    assert_eq!(cache.status().state(), JwksState::Outage);
    let verifier = CognitoVerifier::builder().trust(&cache, CLIENT).build();
    let verdict = verifier.expect("settings that can be").verify_cached(&access().sign());
    assert!(verdict.is_ok(), "{verdict:?}");
    error
}

/// Why a fetch of this answer fails.
async fn failure_of(answer: impl Into<Vec<u8>>, then: Then) -> JwksError {
    failure(cache_at(&Server::start(answer, then).await.url)).await
}

#[tokio::test]
async fn a_good_answer_is_read() {
    let server = Server::start(ok(&POOL.jwks()), Then::Close).await;
    let cache = cache_at(&server.url).build().expect("settings that can be");
    assert_eq!(cache.refresh().await, Ok(()));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn the_keys_are_asked_for_by_get() {
    let server = Server::start(ok(&POOL.jwks()), Then::Close).await;
    let cache = cache_at(&server.url).build().expect("settings that can be");
    assert_eq!(cache.refresh().await, Ok(()));
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /jwks.json HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].ends_with("\r\n\r\n"), "there should be no body: {requests:?}");
}

/// What is asked twice for, where this is the first answer.
async fn asked_after(headers: &str) -> Vec<String> {
    let answer = answer("200 OK", headers, &POOL.jwks());
    let server = Server::start(answer, Then::Close).await;
    let cache = cache_at(&server.url).build().expect("settings that can be");
    for _ in 0..2 {
        assert_eq!(cache.refresh().await, Ok(()));
    }
    server.requests().iter().map(|request| request.to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn the_etag_of_an_answer_goes_into_the_next_request() {
    let asked = asked_after("etag: \"one\"\r\n").await;
    assert!(!asked[0].contains("if-none-match"), "{asked:?}");
    assert!(asked[1].contains("\r\nif-none-match: \"one\"\r\n"), "{asked:?}");
}

#[tokio::test]
async fn without_an_etag_each_request_asks_for_the_whole() {
    let asked = asked_after("").await;
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|request| !request.contains("if-none-match")), "{asked:?}");
}

#[tokio::test]
async fn the_max_age_of_an_answer_makes_its_keys_due() {
    for (header, state) in
        [("cache-control: public, max-age=60\r\n", JwksState::Due), ("", JwksState::Fresh)]
    {
        let server = Server::start(answer("200 OK", header, &POOL.jwks()), Then::Close).await;
        let clock = TestPool::offline().clock();
        let cache = cache_at(&server.url).clock(clock.clone()).build();
        let cache = cache.expect("settings that can be");
        assert_eq!(cache.refresh().await, Ok(()));
        clock.advance(Duration::from_secs(120));
        assert_eq!(cache.status().state(), state, "{header}");
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read() {
    let keys = POOL.jwks();
    let body = format!("{keys}{}", " ".repeat(64 * 1024 - keys.len()));
    let server = Server::start(ok(&body), Then::Close).await;
    let cache = cache_at(&server.url).build().expect("settings that can be");
    assert_eq!(cache.refresh().await, Ok(()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let good = Server::start(ok(&POOL.jwks()), Then::Close).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}\r\n", good.url);
        let redirect = answer(&format!("{status} Moved"), &location, "");
        assert_eq!(failure_of(redirect, Then::Close).await, JwksError::Status(status));
    }
    assert_eq!(good.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_refused_also_with_a_client_that_follows_it() {
    let good = Server::start(ok(&POOL.jwks()), Then::Close).await;
    let redirect = answer("302 Found", &format!("location: {}\r\n", good.url), "");
    let server = Server::start(redirect, Then::Close).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let error = failure(cache_at(&server.url).http_client(client)).await;
    assert_eq!(error, JwksError::Status(302));
}

#[tokio::test]
async fn an_answer_with_another_status_is_refused_even_if_it_holds_the_keys() {
    for status in [201, 202, 203, 206, 400, 403, 404, 429, 500, 503] {
        let answer = answer(&format!("{status} Other"), "", &POOL.jwks());
        assert_eq!(failure_of(answer, Then::Close).await, JwksError::Status(status));
    }
}

#[tokio::test]
async fn a_body_of_more_than_64_kib_is_refused() {
    let jwks = POOL.jwks() + &" ".repeat(64 * 1024);
    assert_eq!(failure_of(ok(&jwks), Then::Close).await, JwksError::TooLong);
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(failure_of(head, Then::Repeat("{\"keys\":[]} ")).await, JwksError::TooLong);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(failure_of(chunked, Then::Repeat("4\r\n    \r\n")).await, JwksError::TooLong);
}

#[tokio::test]
async fn an_endless_header_is_not_read_to_its_end() {
    let error = failure_of("HTTP/1.1 200 OK\r\n", Then::Repeat("a: b\r\n")).await;
    assert!(matches!(error, JwksError::Connect(_) | JwksError::Fetch(_)), "{error:?}");
    let error = failure_of("HTTP/1.1 200 OK\r\na: ", Then::Repeat("bbbbbbbb")).await;
    assert!(matches!(error, JwksError::Connect(_) | JwksError::Fetch(_)), "{error:?}");
}

#[tokio::test]
async fn more_than_64_keys_are_refused() {
    let keys = vec![r#"{"kty":"oct"}"#; 65].join(",");
    let error = failure_of(ok(&format!(r#"{{"keys":[{keys}]}}"#)), Then::Close).await;
    assert_eq!(error, JwksError::TooManyKeys);
}

#[tokio::test]
async fn a_page_of_html_is_refused() {
    let page = answer("200 OK", "content-type: text/html\r\n", "<!DOCTYPE html><title>Hi</title>");
    assert!(matches!(failure_of(page, Then::Close).await, JwksError::Malformed { .. }));
}

#[tokio::test]
async fn json_that_ends_in_the_middle_is_refused() {
    let jwks = POOL.jwks();
    let error = failure_of(ok(&jwks[..jwks.len() / 2]), Then::Close).await;
    assert!(matches!(error, JwksError::Malformed { .. }));
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_refused() {
    let answer = ok(&POOL.jwks()).replace("content-length: ", "content-length: 9");
    let error = failure_of(answer, Then::Close).await;
    assert!(matches!(error, JwksError::Fetch(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_that_is_said_to_be_compressed_and_is_not_is_refused() {
    let garbage = answer("200 OK", "content-encoding: gzip\r\n", "\x1f\u{8b}\x08 not gzip");
    let error = failure_of(garbage, Then::Close).await;
    // What it is depends on whether the program's HTTP client takes compressed answers.
    assert!(matches!(error, JwksError::Malformed { .. } | JwksError::Fetch(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let start = ok(&POOL.jwks()).replace("content-length: ", "content-length: 9");
    let server = Server::start(start, Then::Hold).await;
    let error = failure(cache_at(&server.url).request_timeout(SHORT)).await;
    assert_eq!(error, JwksError::Timeout(SHORT));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = Server::start("", Then::Hold).await;
    let error = failure(cache_at(&server.url).request_timeout(SHORT)).await;
    assert_eq!(error, JwksError::Timeout(SHORT));
}

#[tokio::test]
async fn a_server_that_hangs_up_is_tried_once_more() {
    let server = Server::start("", Then::Close).await;
    let error = failure(cache_at(&server.url)).await;
    assert!(matches!(error, JwksError::Connect(_)), "{error:?}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_refused() {
    let error = failure_of("SSH-2.0-OpenSSH_9.6\r\n", Then::Close).await;
    assert!(matches!(error, JwksError::Connect(_) | JwksError::Fetch(_)), "{error:?}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_failed_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = failure(cache_at(&format!("http://{address}/jwks.json"))).await;
    let JwksError::Connect(reason) = &error else { panic!("{error:?}") };
    // With the system's own words, and without the address, which the log line has already.
    assert!(reason.contains("refused") && !reason.contains("jwks.json"), "{reason}");
}
