//! What a `Rejection` tells a program that answers or logs it.

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoClaims, CognitoLayer, CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest,
    JwksResponse, Rejection, RejectionKind, Require, VerifyError,
};
use http::Response;

use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// A source of keys that is out.
struct Out;

impl FetchJwks for Out {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Err(JwksError::Status(503))
    }
}

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

/// The answer of a handler behind these layers to one `Authorization` header.
async fn answer(app: Router, value: &str) -> Response<String> {
    send::get(app, &[("authorization", value)]).await
}

fn app() -> Router {
    Router::new().route("/", get(async |_: CognitoClaims| "in"))
}

fn alice() -> String {
    format!("Bearer {}", POOL.access_token("alice").sign())
}

fn rejection(answer: &Response<String>) -> Rejection {
    answer.extensions().get().cloned().expect("a refusal")
}

async fn missing_token() -> Rejection {
    rejection(&answer(app().layer(layer()), "").await)
}

async fn malformed() -> Rejection {
    rejection(&answer(app().layer(layer()), "Bearer").await)
}

async fn expired() -> Rejection {
    let token = POOL.access_token("alice").expired().sign();
    rejection(&answer(app().layer(layer()), &format!("Bearer {token}")).await)
}

async fn invalid() -> Rejection {
    rejection(&answer(app().layer(layer()), "Bearer a.b.c").await)
}

async fn requiring(require: Require) -> Rejection {
    rejection(&answer(app().layer(require).layer(layer()), &alice()).await)
}

async fn missing_layer() -> Rejection {
    rejection(&answer(app(), &alice()).await)
}

async fn keys_unavailable() -> Rejection {
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(Out).clock(POOL.clock());
    let keys = keys.build().expect("settings that can be");
    let verifier = CognitoVerifier::builder().trust(keys, "test-client").clock(POOL.clock());
    let layer = CognitoLayer::new(verifier.build().expect("settings that can be"));
    rejection(&answer(app().layer(layer), &alice()).await)
}

/// The time that stands still lets the whole spacing of two and a half seconds remain. The header has
/// whole seconds, and nobody should come too early.
#[tokio::test(start_paused = true)]
async fn a_whole_number_of_seconds_is_what_a_client_is_to_wait() {
    let refusal = keys_unavailable().await;
    assert_eq!(refusal.retry_after(), Some(Duration::from_millis(2500)));
    assert_eq!(refusal.headers()["retry-after"], "3");
}

/// One refusal of each kind.
async fn every_kind() -> Vec<Rejection> {
    vec![
        missing_token().await,
        malformed().await,
        expired().await,
        invalid().await,
        requiring(Require::scope("orders/read")).await,
        requiring(Require::group("admins")).await,
        keys_unavailable().await,
        missing_layer().await,
    ]
}

#[tokio::test]
async fn each_refusal_has_its_kind_its_status_and_its_code() {
    let told = every_kind().await;
    let told = told.iter().map(|one| (one.kind(), one.status().as_u16(), one.error_code()));
    let expected = [
        (RejectionKind::MissingToken, 401, None),
        (RejectionKind::MalformedCredentials, 400, Some("invalid_request")),
        (RejectionKind::ExpiredToken, 401, Some("invalid_token")),
        (RejectionKind::InvalidToken, 401, Some("invalid_token")),
        (RejectionKind::InsufficientScope, 403, Some("insufficient_scope")),
        (RejectionKind::Forbidden, 403, Some("insufficient_scope")),
        (RejectionKind::KeysUnavailable, 503, None),
        (RejectionKind::MissingLayer, 500, None),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_description_is_that_of_the_default_answer() {
    for refusal in every_kind().await {
        let body: serde_json::Value =
            serde_json::from_str(&refusal.to_response::<String>().into_body()).expect("JSON");
        assert_eq!(body["error_description"], refusal.description());
    }
}

#[tokio::test]
async fn there_is_a_challenge_wherever_a_client_can_meet_it() {
    for refusal in every_kind().await {
        let server = refusal.status().is_server_error();
        assert_eq!(refusal.www_authenticate().is_none(), server, "{refusal}");
        assert_eq!(refusal.headers().get("www-authenticate").is_none(), server, "{refusal}");
    }
}

#[tokio::test]
async fn a_wait_is_told_where_the_keys_are_not_available() {
    for refusal in every_kind().await {
        let keys = refusal.kind() == RejectionKind::KeysUnavailable;
        assert_eq!(refusal.retry_after().is_some(), keys, "{refusal}");
        assert_eq!(refusal.headers().contains_key("retry-after"), keys, "{refusal}");
    }
}

#[tokio::test]
async fn a_wait_in_the_header_is_never_shorter_than_the_one_told() {
    let refusal = keys_unavailable().await;
    let seconds = refusal.headers()["retry-after"].to_str().expect("text").parse::<f64>();
    let told = refusal.retry_after().expect("a wait").as_secs_f64();
    let seconds = seconds.expect("seconds");
    assert!(seconds >= 1.0 && (told..told + 1.0).contains(&seconds), "{told} {seconds}");
}

#[tokio::test]
async fn no_refusal_is_stored_by_a_cache() {
    for refusal in every_kind().await {
        assert_eq!(refusal.headers()["cache-control"], "no-store", "{refusal}");
    }
}

#[tokio::test]
async fn the_verifier_is_quoted_where_it_was_asked() {
    assert_eq!(expired().await.verify_error(), Some(&VerifyError::Expired));
    assert_eq!(invalid().await.verify_error(), Some(&VerifyError::Base64));
    for refusal in [missing_token().await, malformed().await, missing_layer().await] {
        assert_eq!(refusal.verify_error(), None);
    }
}

#[tokio::test]
async fn a_log_line_tells_the_status_and_what_the_verifier_found() {
    assert_eq!(expired().await.to_string(), "401: the token has expired");
    let missing = missing_token().await;
    assert_eq!(missing.to_string(), format!("401: {}", missing.description()));
}

#[tokio::test]
async fn a_rejection_is_an_answer_of_a_handler() {
    let handler = async |claims: Result<CognitoClaims, Rejection>| -> Result<String, Rejection> {
        Ok(claims?.username().unwrap_or_default().to_owned())
    };
    let app = Router::new().route("/", get(handler)).layer(layer().optional());
    let own = answer(app, "").await;
    let usual = answer(self::app().layer(layer()), "").await;
    assert_eq!((own.status(), own.body()), (usual.status(), usual.body()));
    assert_eq!(own.headers()["www-authenticate"], usual.headers()["www-authenticate"]);
}
