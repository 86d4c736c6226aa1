//! The challenge of a refusal: its grammar, and what a configuration adds to it (RFC 6750 §3).

use std::sync::LazyLock;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{AccessClaims, CognitoLayer, IdClaims, Require};
use http::Response;

use crate::common::{challenge::parameters, send};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

fn app(layer: CognitoLayer) -> Router {
    Router::new().route("/", get(async |_: AccessClaims| "in")).layer(layer)
}

async fn without_token(layer: CognitoLayer) -> Response<String> {
    send::get::<&str>(app(layer), &[]).await
}

/// The answer of a route that requires this, to a good token.
async fn requiring(require: Require, layer: CognitoLayer) -> Response<String> {
    let app = Router::new().route("/", get(async || "in")).layer(require).layer(layer);
    send::get(app, &bearer(&POOL.access_token("alice").sign())).await
}

/// One answer of each status that has a challenge, of the layer and of what is inside of it.
async fn challenged(layer: CognitoLayer) -> Vec<Response<String>> {
    let expired = POOL.access_token("alice").expired().sign();
    let inside = Router::new().route("/", get(async |_: IdClaims| "in")).layer(layer.clone());
    vec![
        without_token(layer.clone()).await,
        without_token(layer.clone().optional()).await,
        send::get(app(layer.clone()), &[("authorization", "Bearer")]).await,
        send::get(app(layer.clone()), &bearer(&expired)).await,
        send::get(inside, &bearer(&POOL.access_token("alice").sign())).await,
        requiring(Require::scope("orders/read"), layer.clone()).await,
        requiring(Require::group("admins"), layer).await,
    ]
}

/// Characters that a configuration may hold by mistake.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{17f}').chain(['\u{2028}', '\u{ffff}', '\u{1f511}'])
}

/// What a challenge keeps of this character between two letters.
fn kept(char: char) -> String {
    let forbidden = !matches!(char, ' '..='~') || char == '"' || char == '\\';
    if forbidden { "ab".to_owned() } else { format!("a{char}b") }
}

#[tokio::test]
async fn every_challenge_has_a_realm() {
    for answer in challenged(layer()).await {
        assert_eq!(parameters(&answer)["realm"], "cognito", "{}", answer.body());
    }
}

#[tokio::test]
async fn every_challenge_has_the_configured_realm() {
    for answer in challenged(layer().realm("the orders' realm")).await {
        assert_eq!(parameters(&answer)["realm"], "the orders' realm", "{}", answer.body());
    }
}

#[tokio::test]
async fn every_challenge_has_the_configured_metadata() {
    for answer in challenged(layer().resource_metadata(METADATA)).await {
        assert_eq!(parameters(&answer)["resource_metadata"], METADATA, "{}", answer.body());
    }
}

#[tokio::test]
async fn no_challenge_has_metadata_that_were_not_configured() {
    for answer in challenged(layer()).await {
        assert_eq!(parameters(&answer).get("resource_metadata"), None, "{}", answer.body());
    }
}

#[tokio::test]
async fn an_error_code_comes_with_a_description_and_only_behind_a_token() {
    for answer in challenged(layer()).await {
        let parameters = parameters(&answer);
        let described = parameters.contains_key("error_description");
        assert_eq!(parameters.contains_key("error"), described, "{parameters:?}");
        assert_eq!(described, !answer.body().contains("missing_token"), "{parameters:?}");
    }
}

#[tokio::test]
async fn a_realm_of_any_character_leaves_the_challenge_well_formed() {
    for char in characters() {
        let answer = without_token(layer().realm(format!("a{char}b"))).await;
        let realm = &parameters(&answer)["realm"];
        assert_eq!(*realm, kept(char));
    }
}

#[tokio::test]
async fn metadata_of_any_character_leave_the_challenge_well_formed() {
    for char in characters() {
        let answer = without_token(layer().resource_metadata(format!("a{char}b"))).await;
        let metadata = &parameters(&answer)["resource_metadata"];
        assert_eq!(*metadata, kept(char));
    }
}

#[tokio::test]
async fn a_scope_of_any_character_leaves_the_challenge_well_formed() {
    for char in characters() {
        let answer = requiring(Require::scope(format!("a{char}b")), layer()).await;
        let text = format!("a{char}b");
        let is_one_scope = text.bytes().all(|byte| byte.is_ascii_graphic()) && kept(char) == text;
        assert_eq!(parameters(&answer).get("scope").cloned(), is_one_scope.then_some(text));
    }
}

#[tokio::test]
async fn a_realm_without_any_allowed_character_gives_way_to_the_default() {
    for realm in ["", "\"", "\\\\", "\r\n", "\u{e9}\u{1f511}"] {
        let answer = without_token(layer().realm(realm)).await;
        assert_eq!(parameters(&answer)["realm"], "cognito", "{realm:?}");
    }
}

#[tokio::test]
async fn a_line_break_in_a_realm_starts_no_header() {
    let answer = without_token(layer().realm("x\"\r\nset-cookie: a=b\r\n\r\nbody")).await;
    assert_eq!(answer.headers().get("set-cookie"), None);
    assert_eq!(parameters(&answer).len(), 1);
}

#[tokio::test]
async fn a_realm_about_as_long_as_sixteen_bits_count_is_kept() {
    let realm = "r".repeat(0x1_0000);
    let answer = without_token(layer().realm(&realm)).await;
    assert_eq!(parameters(&answer)["realm"], realm);
}

#[tokio::test]
async fn a_missing_scope_names_all_scopes_to_ask_for() {
    let require = Require::all_scopes(["orders/read", "orders/write"]);
    let answer = requiring(require, layer()).await;
    assert_eq!(parameters(&answer)["scope"], "orders/read orders/write");
}

#[tokio::test]
async fn an_unmet_group_or_predicate_names_no_scope() {
    for require in [Require::group("admins"), Require::when(|_| false)] {
        let parameters = parameters(&requiring(require, layer()).await);
        assert_eq!(parameters["error"], "insufficient_scope");
        assert_eq!(parameters.get("scope"), None);
    }
}

#[tokio::test]
async fn a_requirement_that_no_scope_meets_names_none() {
    let token = POOL.access_token("alice").sign();
    let nothing: [&str; 0] = [];
    for require in [Require::any_scope(nothing), Require::scope(""), Require::scope("\u{e9}")] {
        let app = Router::new().route("/", get(async || "in")).layer(require);
        let app = app.layer(CognitoLayer::new(POOL.verifier("test-client")));
        let answer = send::get(app, &[("authorization", format!("Bearer {token}"))]).await;
        assert_eq!(answer.status(), 403);
        assert_eq!(parameters(&answer).get("scope"), None);
    }
}
