//! Where a token comes from: cookies, other headers, and the order in which they are asked.

use std::sync::LazyLock;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, TokenSource};
use http::{HeaderMap, Response};

use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const HEADER: &str = "x-amzn-oidc-accesstoken";

fn layer<const N: usize>(sources: [TokenSource; N]) -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client")).token_from(sources)
}

fn cookie() -> TokenSource {
    TokenSource::cookie("access_token")
}

fn token_of(user: &str) -> String {
    POOL.access_token(user).sign()
}

fn expired() -> String {
    POOL.access_token("alice").expired().sign()
}

async fn who(claims: Option<CognitoClaims>) -> String {
    claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned())
}

async fn ask<V: AsRef<[u8]>>(layer: CognitoLayer, headers: &[(&str, V)]) -> Response<String> {
    send::get(Router::new().route("/", get(who)).layer(layer), headers).await
}

/// The user that a request with this line of cookies is taken for.
async fn ask_cookies(line: impl AsRef<[u8]>) -> Response<String> {
    ask(layer([cookie()]), &[("cookie", line)]).await
}

fn assert_user(answer: &Response<String>, user: &str) {
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, user));
}

/// Expects this in the text for the client's developer, and no word of another source.
fn assert_describes(answer: &Response<String>, expected: &str) {
    let body: serde_json::Value = serde_json::from_str(answer.body()).expect("JSON");
    let description = body["error_description"].as_str().expect("a text");
    assert!(description.contains(expected), "{description}");
}

fn assert_refused(answer: &Response<String>, status: u16, error: &str) {
    assert_eq!(answer.status(), status, "{}", answer.body());
    let body: serde_json::Value = serde_json::from_str(answer.body()).expect("JSON");
    assert_eq!(body["error"], error);
}

#[tokio::test]
async fn a_cookie_carries_a_token_among_others() {
    let line = format!("theme=dark; access_token={}; lang=de", token_of("alice"));
    assert_user(&ask_cookies(line).await, "alice");
}

#[tokio::test]
async fn a_cookie_in_a_second_line_carries_a_token() {
    let mine = format!("access_token={}", token_of("alice"));
    let lines = [("cookie", "theme=dark"), ("cookie", &*mine)];
    assert_user(&ask(layer([cookie()]), &lines).await, "alice");
}

#[tokio::test]
async fn a_cookie_in_quotes_carries_a_token() {
    assert_user(&ask_cookies(format!("access_token=\"{}\"", token_of("alice"))).await, "alice");
}

#[tokio::test]
async fn a_cookie_of_a_similar_name_carries_no_token() {
    let token = token_of("alice");
    for name in ["Access_token", "access_token2", "xaccess_token", "access", "access_token_"] {
        assert_refused(&ask_cookies(format!("{name}={token}")).await, 401, "missing_token");
    }
}

#[tokio::test]
async fn an_empty_cookie_carries_no_token() {
    for line in ["access_token=", "access_token=\"\"", "access_token", "access_token= ; a=b"] {
        assert_refused(&ask_cookies(line).await, 401, "missing_token");
    }
}

#[tokio::test]
async fn two_equal_cookies_of_the_name_are_one() {
    let pair = format!("access_token={}", token_of("alice"));
    assert_user(&ask_cookies(format!("{pair}; {pair}")).await, "alice");
    let quoted = format!("access_token=\"{}\"", token_of("alice"));
    let lines = [("cookie", &*quoted), ("cookie", &*quoted)];
    assert_user(&ask(layer([cookie()]), &lines).await, "alice");
}

#[tokio::test]
async fn an_emptied_cookie_beside_a_good_one_is_none() {
    let pair = format!("access_token={}", token_of("alice"));
    for line in [format!("access_token=; {pair}"), format!("{pair}; access_token=\"\"")] {
        assert_user(&ask_cookies(line).await, "alice");
    }
}

#[tokio::test]
async fn two_different_cookies_of_the_name_are_an_invalid_token() {
    let (alice, bob) = (token_of("alice"), token_of("bob"));
    for other in [bob.as_str(), "x", "a b"] {
        let answer = ask_cookies(format!("access_token={alice}; access_token={other}")).await;
        assert_refused(&answer, 401, "invalid_token");
        assert_describes(&answer, "two cookies of the token");
    }
}

#[tokio::test]
async fn two_different_cookies_of_the_name_in_two_lines_are_an_invalid_token() {
    let pair = format!("access_token={}", token_of("alice"));
    let lines = [("cookie", &*pair), ("cookie", "access_token=x")];
    assert_refused(&ask(layer([cookie()]), &lines).await, 401, "invalid_token");
}

#[tokio::test]
async fn a_cookie_that_is_no_token_is_an_invalid_one() {
    for value in [&b"a b"[..], b"a,b", b"\xc3\xa9", b"\t\x80", b"\"a", b"a%2Eb", b"==", b"a=b"] {
        let answer = ask_cookies([b"access_token=", value].concat()).await;
        assert_refused(&answer, 401, "invalid_token");
        assert_describes(&answer, "The cookie of the token");
    }
}

#[tokio::test]
async fn an_optional_layer_refuses_a_cookie_that_is_no_token() {
    for line in ["access_token=a b", "access_token=a; access_token=b"] {
        let answer = ask(layer([cookie()]).optional(), &[("cookie", line)]).await;
        assert_refused(&answer, 401, "invalid_token");
    }
}

#[tokio::test]
async fn what_other_cookies_hold_does_not_matter() {
    let token = token_of("alice").into_bytes();
    let line = [b"a=\xff\xfe; =; ;;b; access_token=", &*token, b"; \x80=\x80; c=\"; d="].concat();
    assert_user(&ask_cookies(line).await, "alice");
}

#[tokio::test]
async fn a_token_behind_more_cookies_than_sixteen_bits_count_is_found() {
    let line = "a=b; ".repeat(0x1_0001) + "access_token=" + &token_of("alice");
    assert_user(&ask_cookies(line).await, "alice");
}

#[tokio::test]
async fn a_second_cookie_behind_more_than_sixteen_bits_count_is_refused() {
    let pair = format!("access_token={}; ", token_of("alice"));
    let line = pair + &"a=b; ".repeat(0xffff) + "access_token=x";
    assert_refused(&ask_cookies(line).await, 401, "invalid_token");
}

#[tokio::test]
async fn a_token_in_the_last_of_many_cookie_lines_is_found() {
    let mine = format!("access_token={}", token_of("alice"));
    let mut lines = vec![("cookie", "a=b"); 20_000];
    lines.push(("cookie", &mine));
    assert_user(&ask(layer([cookie()]), &lines).await, "alice");
}

#[tokio::test]
async fn a_cookie_about_as_long_as_sixteen_bits_count_is_a_bad_token() {
    for length in [0xffff, 0x1_0000, 0x10_0000] {
        let answer = ask_cookies(format!("access_token={}", "a".repeat(length))).await;
        assert_refused(&answer, 401, "invalid_token");
    }
}

#[tokio::test]
async fn the_whole_value_of_a_header_is_the_token() {
    let answer = ask(layer([TokenSource::header(HEADER)]), &[(HEADER, token_of("alice"))]).await;
    assert_user(&answer, "alice");
}

#[tokio::test]
async fn a_scheme_in_a_header_of_its_own_is_refused_by_a_text_of_its_own() {
    for scheme in ["Bearer ", "bearer  ", "BEARER "] {
        let value = format!("{scheme}{}", token_of("alice"));
        let answer = ask(layer([TokenSource::header(HEADER)]), &[(HEADER, value)]).await;
        assert_refused(&answer, 401, "invalid_token");
        assert_describes(&answer, "the token alone, without Bearer");
    }
}

#[tokio::test]
async fn a_header_of_its_own_that_is_no_token_is_an_invalid_one() {
    for value in [&b"a b"[..], b"a,b", b"\xff", b"==", b"Basic YTpi", b"\"a\""] {
        for layer in
            [layer([TokenSource::header(HEADER)]), layer([TokenSource::header(HEADER)]).optional()]
        {
            let answer = ask(layer, &[(HEADER, value)]).await;
            assert_refused(&answer, 401, "invalid_token");
            assert_describes(&answer, "holds something that is not a token");
        }
    }
}

#[tokio::test]
async fn two_lines_of_a_header_of_its_own_are_refused() {
    let lines = [(HEADER, token_of("alice")), (HEADER, token_of("alice"))];
    let answer = ask(layer([TokenSource::header(HEADER)]), &lines).await;
    assert_refused(&answer, 400, "invalid_request");
}

#[tokio::test]
async fn an_empty_header_of_its_own_carries_no_token() {
    let answer = ask(layer([TokenSource::header(HEADER)]), &[(HEADER, "")]).await;
    assert_refused(&answer, 401, "missing_token");
}

#[tokio::test]
async fn the_first_source_that_holds_a_good_token_decides() {
    let headers = [
        ("authorization", format!("Bearer {}", token_of("alice"))),
        ("cookie", format!("access_token={}", token_of("bob"))),
    ];
    assert_user(&ask(layer([TokenSource::bearer(), cookie()]), &headers).await, "alice");
    assert_user(&ask(layer([cookie(), TokenSource::bearer()]), &headers).await, "bob");
}

#[tokio::test]
async fn the_first_source_that_holds_a_bad_token_decides() {
    let headers = [
        ("authorization", format!("Bearer {}", expired())),
        ("cookie", format!("access_token={}", token_of("bob"))),
    ];
    let answer = ask(layer([TokenSource::bearer(), cookie()]), &headers).await;
    assert_refused(&answer, 401, "invalid_token");
}

#[tokio::test]
async fn the_first_source_that_is_malformed_decides() {
    let headers = [
        ("authorization", "Bearer".to_owned()),
        ("cookie", format!("access_token={}", token_of("bob"))),
    ];
    let answer = ask(layer([TokenSource::bearer(), cookie()]), &headers).await;
    assert_refused(&answer, 400, "invalid_request");
}

#[tokio::test]
async fn what_a_later_source_holds_does_not_matter() {
    let headers = [
        ("authorization", format!("Bearer {}", token_of("alice"))),
        ("cookie", "access_token=a b; access_token=c".to_owned()),
    ];
    assert_user(&ask(layer([TokenSource::bearer(), cookie()]), &headers).await, "alice");
}

#[tokio::test]
async fn a_source_without_a_token_leaves_the_decision_to_the_next() {
    let headers = [
        ("authorization", "Basic eDp5".to_owned()),
        (HEADER, String::new()),
        ("cookie", format!("access_token={}", token_of("bob"))),
    ];
    let sources = [TokenSource::bearer(), TokenSource::header(HEADER), cookie()];
    assert_user(&ask(layer(sources), &headers).await, "bob");
}

#[tokio::test]
async fn a_source_that_is_not_configured_is_not_asked() {
    let value = format!("Bearer {}", token_of("alice"));
    let answer = ask(layer([cookie()]), &[("authorization", value)]).await;
    assert_refused(&answer, 401, "missing_token");
}

#[tokio::test]
async fn an_optional_layer_refuses_a_bad_cookie() {
    let cookie_line = format!("access_token={}", expired());
    let answer = ask(layer([cookie()]).optional(), &[("cookie", cookie_line)]).await;
    assert_refused(&answer, 401, "invalid_token");
}

async fn print(headers: HeaderMap) -> String {
    format!("{headers:?}")
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_every_source() {
    let sources = [TokenSource::bearer(), cookie(), TokenSource::header(HEADER)];
    let token = token_of("alice");
    let pair = format!("access_token={token}");
    let headers = [("cookie", &*pair), ("cookie", "session=secret"), (HEADER, &*token)];
    let app = Router::new().route("/", get(print)).layer(layer(sources));
    let print = send::get(app, &headers).await.into_body();
    assert_eq!(print.matches("Sensitive").count(), 3, "{print}");
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_authorization_that_is_no_source() {
    let seen = async |headers: HeaderMap| format!("{headers:?}");
    let layer = CognitoLayer::new(POOL.verifier("test-client")).optional();
    let layer = layer.token_from([TokenSource::cookie("t")]);
    let app = Router::new().route("/", get(seen)).layer(layer);
    let answer = send::get(app, &[("authorization", "Basic YWxpY2U6eA==")]).await;
    assert!(answer.body().contains("Sensitive") && !answer.body().contains("YWxpY2U"));
}

const FORWARDED: &str = "x-forwarded-authorization";

async fn ask_forwarded(value: impl AsRef<[u8]>) -> Response<String> {
    ask(layer([TokenSource::bearer_in(FORWARDED)]).optional(), &[(FORWARDED, value)]).await
}

#[tokio::test]
async fn bearer_in_another_header_carries_a_token() {
    for scheme in ["Bearer ", "bearer ", "BEARER   "] {
        assert_user(&ask_forwarded(format!("{scheme}{}", token_of("alice"))).await, "alice");
    }
}

#[tokio::test]
async fn another_scheme_in_another_header_carries_no_token() {
    for value in ["", "Basic YTpi", "Digest username=\"a\"", "DPoP a.b.c"] {
        assert_user(&ask_forwarded(value).await, "nobody");
    }
}

#[tokio::test]
async fn bearer_in_another_header_without_exactly_one_token_is_an_invalid_one() {
    let bare = token_of("alice").into_bytes();
    for value in [&b"Bearer"[..], b"Bearer ", b"Bearer a b", b"Bearer \xff", b"\xff", &bare] {
        let answer = ask_forwarded(value).await;
        assert_refused(&answer, 401, "invalid_token");
        assert_describes(&answer, "it should be Bearer, a space and one token");
    }
}

#[tokio::test]
async fn two_lines_of_bearer_in_another_header_are_refused() {
    let value = format!("Bearer {}", token_of("alice"));
    let lines = [(FORWARDED, &*value), (FORWARDED, &*value)];
    let answer = ask(layer([TokenSource::bearer_in(FORWARDED)]), &lines).await;
    assert_refused(&answer, 400, "invalid_request");
}

#[tokio::test]
async fn a_token_without_its_scheme_is_refused_and_told_what_to_send() {
    let token = token_of("alice");
    for value in [token.clone(), format!("Bearer:{token}"), format!("Bearer{token}"), expired()] {
        let required = layer([TokenSource::bearer()]);
        for layer in [required.clone(), required.optional()] {
            let answer = ask(layer, &[("authorization", &value)]).await;
            assert_refused(&answer, 400, "invalid_request");
            assert_describes(&answer, "send `Authorization: Bearer <token>`");
            let challenge = answer.headers()["www-authenticate"].to_str().expect("text");
            assert!(challenge.contains("error=\"invalid_request\""), "{challenge}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_without_its_scheme_is_refused_too() {
    let answer =
        ask(layer([TokenSource::bearer()]).optional(), &[("authorization", POOL.refresh_token())])
            .await;
    assert_refused(&answer, 400, "invalid_request");
}

#[tokio::test]
async fn a_token_without_its_scheme_is_taken_where_that_is_said() {
    let token = token_of("alice");
    let bare = || layer([TokenSource::bare_authorization()]);
    assert_user(&ask(bare(), &[("authorization", &token)]).await, "alice");
    let with_scheme = format!("Bearer {token}");
    let answer = ask(bare(), &[("authorization", &with_scheme)]).await;
    assert_refused(&answer, 401, "missing_token");
    for both in [
        [TokenSource::bearer(), TokenSource::bare_authorization()],
        [TokenSource::bare_authorization(), TokenSource::bearer()],
    ] {
        for value in [&token, &with_scheme] {
            assert_user(&ask(layer(both.clone()), &[("authorization", value)]).await, "alice");
        }
    }
}

#[tokio::test]
async fn a_token_without_its_scheme_is_verified_as_any_other() {
    let bare = || layer([TokenSource::bare_authorization()]).optional();
    for value in [expired(), POOL.refresh_token(), "opaque".to_owned()] {
        assert_refused(&ask(bare(), &[("authorization", value)]).await, 401, "invalid_token");
    }
    for value in ["\"a.b.c\"", "a,b", "Bearer:a.b.c"] {
        assert_refused(&ask(bare(), &[("authorization", value)]).await, 400, "invalid_request");
    }
    let lines = [("authorization", token_of("alice")), ("authorization", token_of("alice"))];
    assert_refused(&ask(bare(), &lines).await, 400, "invalid_request");
    for value in ["Basic YTpi", "Bearer", ""] {
        assert_user(&ask(bare(), &[("authorization", value)]).await, "nobody");
    }
}

/// The token of a WebSocket, which cannot send headers of its own, in an offered subprotocol.
fn subprotocol() -> TokenSource {
    TokenSource::custom(|headers| {
        let offered = headers.get("sec-websocket-protocol")?.to_str().ok()?;
        offered.split(',').find_map(|name| name.trim().strip_prefix("access_token."))
    })
}

#[tokio::test]
async fn a_function_of_the_program_finds_a_token() {
    let offered = format!("chat, access_token.{}", token_of("alice"));
    let sources = || layer([TokenSource::bearer(), subprotocol()]).optional();
    assert_user(&ask(sources(), &[("sec-websocket-protocol", &offered)]).await, "alice");
    assert_user(&ask(sources(), &[("sec-websocket-protocol", "chat")]).await, "nobody");
    assert_user(&ask(sources(), &[("sec-websocket-protocol", "access_token.")]).await, "nobody");
    let answer = ask(sources(), &[("sec-websocket-protocol", "access_token.a b")]).await;
    assert_refused(&answer, 401, "invalid_token");
    let expired = format!("access_token.{}", expired());
    let answer = ask(sources(), &[("sec-websocket-protocol", &expired)]).await;
    assert_refused(&answer, 401, "invalid_token");
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_the_header_where_a_function_found_the_token() {
    let token = token_of("alice");
    let offered = format!("chat, access_token.{token}");
    let app = Router::new().route("/", get(print)).layer(layer([subprotocol()]));
    let print = send::get(app, &[("sec-websocket-protocol", &*offered), ("x", "y")]).await;
    assert!(!print.body().contains(&token), "{}", print.body());
    assert_eq!(print.body().matches("Sensitive").count(), 1, "{}", print.body());
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_bearer_in_another_header() {
    let token = format!("Bearer {}", token_of("alice"));
    let app = Router::new().route("/", get(print));
    let app = app.layer(layer([TokenSource::bearer_in(FORWARDED)]));
    let print = send::get(app, &[(FORWARDED, token)]).await.into_body();
    assert_eq!(print.matches("Sensitive").count(), 1, "{print}");
}
