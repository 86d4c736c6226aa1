//! The `Authorization` header of a request, as RFC 9110 §11 and RFC 6750 §2.1 have it.

mod answers;
mod challenge;
mod extractors;
mod limits;
mod missing_layer;
mod on_rejection;
mod own_refusals;
mod plain_tower;
mod readiness;
mod reason;
mod rejection;
mod require;
mod sources;
mod step_up;
mod wiring;

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, Require};
use http::{HeaderMap, Request, Response, StatusCode};

use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const REALM_ALONE: &str = "Bearer realm=\"cognito\"";

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn token() -> String {
    POOL.access_token("alice").sign()
}

async fn who(claims: Option<CognitoClaims>) -> String {
    claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned())
}

fn app(layer: CognitoLayer) -> Router {
    Router::new().route("/", get(who).post(who)).layer(layer)
}

async fn authorize(value: impl AsRef<[u8]>) -> Response<String> {
    send::get(app(layer()), &[("authorization", value)]).await
}

fn assert_let_in(answer: &Response<String>) {
    assert_eq!((answer.status(), answer.body().as_str()), (StatusCode::OK, "alice"));
}

fn assert_refused(answer: &Response<String>, status: u16, code: &str) {
    assert_eq!(answer.status(), status, "{}", answer.body());
    let challenge = answer.headers()["www-authenticate"].to_str().expect("text");
    assert!(challenge.contains(&format!("error=\"{code}\"")), "{challenge}");
}

fn assert_no_error_code(answer: &Response<String>) {
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["www-authenticate"], REALM_ALONE);
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_let_in(&authorize(format!("{scheme} {}", token())).await);
    }
}

#[tokio::test]
async fn any_number_of_spaces_stands_before_the_token() {
    for spaces in [1, 2, 3, 1000] {
        assert_let_in(&authorize(format!("Bearer{}{}", " ".repeat(spaces), token())).await);
    }
}

#[tokio::test]
async fn bearer_without_a_token_is_malformed() {
    for value in ["Bearer", "Bearer ", "bearer  ", "Bearer =", "Bearer =="] {
        assert_refused(&authorize(value).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn anything_behind_the_token_is_malformed() {
    for behind in [" ", " x", ",", ", Basic eDp5", ";", " realm=\"x\"", "\t", "=x", "\"", "#"] {
        let answer = authorize(format!("Bearer {}{behind}", token())).await;
        assert_refused(&answer, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_token_in_quotes_or_percent_encoding_is_malformed() {
    for value in [format!("Bearer \"{}\"", token()), "Bearer a%2Eb%2Ec".to_owned()] {
        assert_refused(&authorize(value).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn another_white_space_than_a_space_does_not_end_the_scheme() {
    assert_refused(&authorize(format!("Bearer\t{}", token())).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_request_without_credentials_gets_a_challenge_without_an_error_code() {
    assert_no_error_code(&send::get::<&str>(app(layer()), &[]).await);
}

#[tokio::test]
async fn another_scheme_gets_a_challenge_without_an_error_code() {
    let token = token();
    for scheme in ["Basic ", "Digest ", "Negotiate ", "Bearers ", "Bear ", "JWT ", "DPoP "] {
        assert_no_error_code(&authorize(format!("{scheme}{token}")).await);
    }
}

#[tokio::test]
async fn an_empty_header_holds_no_credentials() {
    assert_no_error_code(&authorize("").await);
}

#[tokio::test]
async fn an_optional_layer_takes_another_scheme_for_no_credentials() {
    let answer =
        send::get(app(layer().optional()), &[("authorization", "Basic YWxpY2U6eA==")]).await;
    assert_eq!((answer.status(), answer.body().as_str()), (StatusCode::OK, "nobody"));
}

#[tokio::test]
async fn two_authorization_lines_are_refused_whatever_they_hold() {
    let good = format!("Bearer {}", token());
    for [first, second] in [[&*good, &*good], [&*good, "Basic eDp5"], ["Basic eDp5", &*good]] {
        let lines = [("authorization", first), ("authorization", second)];
        assert_refused(&send::get(app(layer()), &lines).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn an_optional_layer_refuses_malformed_credentials_too() {
    for value in ["Bearer", "Bearer a b", "Basic \u{e9}"] {
        let answer = send::get(app(layer().optional()), &[("authorization", value)]).await;
        assert_refused(&answer, 400, "invalid_request");
    }
}

#[tokio::test]
async fn an_optional_layer_refuses_two_authorization_lines_too() {
    let lines = [("authorization", "Basic eDp5"); 2];
    assert_refused(&send::get(app(layer().optional()), &lines).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_bad_token_is_invalid() {
    let bad = [POOL.access_token("alice").expired().sign(), "a.b.c".to_owned(), "abc".to_owned()];
    for token in bad {
        assert_refused(&authorize(format!("Bearer {token}")).await, 401, "invalid_token");
    }
}

#[tokio::test]
async fn an_optional_layer_refuses_a_bad_token_too() {
    let value = format!("Bearer {}", POOL.access_token("alice").expired().sign());
    let answer = send::get(app(layer().optional()), &[("authorization", value)]).await;
    assert_refused(&answer, 401, "invalid_token");
}

#[tokio::test]
async fn a_missing_scope_is_insufficient() {
    let app = Router::new().route("/", get(who)).layer(Require::scope("orders/read"));
    let answer = send::get(
        app.layer(layer()),
        &[("authorization", format!("Bearer {}", POOL.access_token("alice").sign()))],
    )
    .await;
    assert_refused(&answer, 403, "insufficient_scope");
}

#[tokio::test]
async fn a_token_in_the_query_string_is_no_credentials() {
    for name in ["access_token", "token", "id_token", "bearer"] {
        let request = Request::get(format!("/?{name}={}", token()));
        let request = request.body(Body::empty()).expect("a request");
        assert_no_error_code(&send::send(app(layer()), request).await);
    }
}

#[tokio::test]
async fn a_token_in_a_form_is_no_credentials() {
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(Body::from(format!("access_token={}", token())));
    assert_no_error_code(&send::send(app(layer()), request.expect("a request")).await);
}

#[tokio::test]
async fn a_control_or_non_ascii_byte_anywhere_is_malformed_and_never_a_panic() {
    // The other control characters cannot stand in a header at all.
    for byte in std::iter::once(b'\t').chain(0x80..=0xff) {
        for value in [[b"Bearer ", &[byte][..]].concat(), [&[byte][..], b"Bearer a"].concat()] {
            assert_refused(&authorize(value).await, 400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_byte_that_no_token_has_is_malformed() {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    for byte in (b' '..=b'~').filter(|byte| !allowed(*byte)) {
        let value = [b"Bearer a", &[byte][..], b"b"].concat();
        assert_refused(&authorize(value).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_header_about_as_long_as_sixteen_bits_count_is_a_bad_token() {
    for length in [0xfff8, 0xffff, 0x1_0000, 0x1_0001, 0x10_0000] {
        assert_refused(
            &authorize(format!("Bearer {}", "a".repeat(length))).await,
            401,
            "invalid_token",
        );
    }
}

#[tokio::test]
async fn a_good_token_behind_more_spaces_than_sixteen_bits_count_is_let_in() {
    for spaces in [0xffff, 0x1_0000] {
        assert_let_in(&authorize(format!("Bearer{}{}", " ".repeat(spaces), token())).await);
    }
}

#[tokio::test]
async fn a_token_among_more_headers_than_a_byte_counts_is_found() {
    let names: Vec<_> = (0..1000).map(|index| format!("x-{index}")).collect();
    let mut headers: Vec<_> = names.iter().map(|name| (name.as_str(), "x".to_owned())).collect();
    headers.push(("authorization", format!("Bearer {}", token())));
    assert_let_in(&send::get(app(layer()), &headers).await);
}

/// What a tracing layer inside would print.
async fn print(headers: HeaderMap) -> String {
    format!("{headers:?}")
}

async fn printed(layer: CognitoLayer, value: &str) -> String {
    let app = Router::new().route("/", post(print).get(print)).layer(layer);
    send::get(app, &[("authorization", value)]).await.into_body()
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_the_token() {
    let token = token();
    let print = printed(layer(), &format!("Bearer {token}")).await;
    assert!(print.contains("\"authorization\": Sensitive") && !print.contains(&token), "{print}");
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_the_credentials_of_another_scheme() {
    let print = printed(layer().optional(), "Basic YWxpY2U6eA==").await;
    assert!(print.contains("\"authorization\": Sensitive"), "{print}");
}
