//! Settings of a layer that cannot be right: refused by `build`, and harmless without it.

use std::sync::LazyLock;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, ConfigError, TokenSource};
use http::Response;

use crate::common::{challenge::parameters, log::Log, send};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// What a challenge cannot carry: quotes, backslashes, control characters, other than ASCII.
const FORBIDDEN: [&str; 9] =
    ["", "a\"b", "a\\b", "a\nb", "a\r\nb", "a\tb", "a\0b", "caf\u{e9}", "\u{1f511}"];

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn assert_says<T>(result: Result<T, ConfigError>, value: &str, right: &str) {
    let Err(error) = result else { panic!("accepted: {value:?}") };
    let message = error.to_string();
    assert!(message.contains(&format!("`{value}`")) && message.contains(right), "{message}");
}

async fn ask(layer: CognitoLayer, headers: &[(&str, &str)]) -> Response<String> {
    let app = Router::new().route(
        "/",
        get(async |claims: CognitoClaims| claims.username().unwrap_or(claims.sub()).to_owned()),
    );
    send::get(app.layer(layer), headers).await
}

#[test]
fn settings_that_can_be_are_built() {
    let sources =
        [TokenSource::bearer(), TokenSource::cookie("__Host-t"), TokenSource::header("x")];
    let layer = layer().realm("the orders' realm").resource_metadata("https://a.example/m");
    assert!(layer.optional().token_from(sources).build().is_ok());
}

#[test]
fn a_realm_that_a_challenge_cannot_carry_is_refused() {
    for realm in FORBIDDEN {
        assert_says(layer().realm(realm).build(), realm, "it should be visible ASCII or spaces");
    }
}

#[test]
fn a_metadata_url_that_a_challenge_cannot_carry_is_refused() {
    for url in FORBIDDEN {
        let built = layer().resource_metadata(url).build();
        assert_says(built, url, "it should be visible ASCII or spaces");
    }
}

#[test]
fn a_cookie_that_cannot_be_is_refused() {
    for name in ["", "a b", "a=b", "a;b", "a,b", "a\"b", "caf\u{e9}", "a\n"] {
        let built = layer().token_from([TokenSource::cookie(name)]).build();
        assert_says(built, name, "it should be letters, digits and");
    }
}

#[test]
fn a_header_that_cannot_be_is_refused() {
    for name in ["", "x y", "x:", "caf\u{e9}", "x\r\ny"] {
        let built = layer().token_from([TokenSource::header(name)]).build();
        assert_says(built, name, "it should be the name of a header");
    }
}

#[test]
fn the_authorization_header_has_a_source_of_its_own() {
    for name in ["authorization", "Authorization"] {
        let built = layer().token_from([TokenSource::header(name)]).build();
        assert_says(built, name, "use `TokenSource::bearer()`");
    }
}

#[test]
fn a_header_for_bearer_follows_the_rules_of_headers() {
    for (name, right) in [
        ("x y", "it should be the name of a header"),
        ("Authorization", "use `TokenSource::bearer()`"),
        ("Cookie", "use `TokenSource::cookie(name)`"),
    ] {
        assert_says(layer().token_from([TokenSource::bearer_in(name)]).build(), name, right);
        assert_says(layer().token_from([TokenSource::header(name)]).build(), name, right);
    }
}

#[test]
fn two_sources_that_read_the_same_are_refused() {
    for (sources, name) in [
        ([TokenSource::bearer(), TokenSource::bearer()], "TokenSource::bearer()"),
        ([TokenSource::cookie("t"), TokenSource::cookie("t")], "the cookie t"),
        ([TokenSource::header("x-t"), TokenSource::bearer_in("X-T")], "the header x-t"),
    ] {
        assert_says(layer().token_from(sources).build(), name, "give `token_from` one of them");
    }
    let different = [TokenSource::cookie("t"), TokenSource::cookie("T"), TokenSource::header("t")];
    assert!(layer().token_from(different).build().is_ok());
}

#[tokio::test]
async fn an_optional_layer_whose_sources_cannot_be_refuses_every_request() {
    let authorization = format!("Bearer {}", POOL.access_token("alice").sign());
    for sources in [
        vec![],
        vec![TokenSource::cookie("a b")],
        vec![TokenSource::header("x y")],
        vec![TokenSource::bearer(), TokenSource::bearer_in("x y")],
    ] {
        for layer in
            [layer().optional().token_from(sources.clone()), layer().token_from(sources).optional()]
        {
            let app = || Router::new().route("/", get(async || "in")).layer(layer.clone());
            for headers in [vec![], vec![("authorization", &*authorization)]] {
                let answer = send::get(app(), &headers).await;
                assert_eq!(answer.status(), 500, "{}", answer.body());
                assert_eq!(answer.headers().get("www-authenticate"), None);
            }
        }
    }
    let mended = layer().optional().token_from([]).token_from([TokenSource::bearer()]);
    assert_eq!(ask(mended, &[("authorization", &authorization)]).await.status(), 200);
}

#[test]
fn a_layer_without_a_token_source_is_refused() {
    assert_says(layer().token_from([]).build(), "token_from", "at least one");
}

#[test]
fn the_first_wrong_setting_is_named_wherever_it_stands() {
    let sources = || [TokenSource::bearer(), TokenSource::cookie("a b")];
    let first = layer().token_from(sources()).realm("\n").optional().build();
    assert_says(first, "a b", "letters, digits");
    let behind = layer().realm("\n").on_rejection(|_| Response::new(())).build();
    assert_says(behind, "\n", "visible ASCII");
}

#[tokio::test]
async fn a_layer_that_is_not_built_gives_a_well_formed_challenge_whatever_the_realm() {
    for realm in FORBIDDEN {
        let parameters = parameters(&ask(layer().realm(realm), &[]).await);
        assert_eq!(parameters.keys().collect::<Vec<_>>(), ["realm"]);
    }
}

#[tokio::test]
async fn a_layer_that_is_not_built_logs_what_is_wrong() {
    let (log, _guard) = Log::start();
    let _layer = layer().realm("good").realm("a\\b");
    let errors = log.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("realm") && errors[0].contains("without"), "{errors:?}");
}

#[tokio::test]
async fn a_layer_without_a_token_source_lets_nobody_in() {
    let authorization = format!("Bearer {}", POOL.access_token("alice").sign());
    let answer = ask(layer().token_from([]), &[("authorization", &authorization)]).await;
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_header_that_cannot_be_lets_nobody_in() {
    let authorization = format!("Bearer {}", POOL.access_token("alice").sign());
    let layer = layer().token_from([TokenSource::header("x y")]);
    assert_eq!(ask(layer, &[("authorization", &authorization)]).await.status(), 401);
}

#[tokio::test]
async fn a_metadata_url_without_any_allowed_character_is_left_out() {
    for url in ["", "\"", "caf\u{e9}\u{e9}", "\u{1f511}"] {
        let parameters = parameters(&ask(layer().resource_metadata(url), &[]).await);
        let clean: String =
            url.chars().filter(char::is_ascii).filter(|char| *char != '"').collect();
        assert_eq!(parameters.get("resource_metadata").cloned().unwrap_or_default(), clean);
    }
}

#[tokio::test]
async fn a_cookie_that_cannot_be_carries_no_token() {
    let token = POOL.access_token("alice").sign();
    for name in ["", "a b"] {
        let cookie = format!("{name}={token}");
        let layer = layer().token_from([TokenSource::cookie(name)]);
        assert_eq!(ask(layer, &[("cookie", &cookie)]).await.status(), 401, "{name:?}");
    }
}
