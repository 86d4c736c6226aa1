//! Extractors and `Require` where no layer is around them: a mistake of the program.

use std::sync::LazyLock;

use axum::routing::get;
use axum::{Extension, Router};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoLayer, Rejection, RejectionKind, Require};

use crate::common::handlers::{
    access, claims, id, optional_access, optional_claims, optional_id, route,
};
use crate::common::{log::Log, send};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn token() -> String {
    POOL.access_token("alice").sign()
}

/// Expects what a program without the layer answers, and what it logs.
async fn expect_missing_layer(app: Router, asked_by: &str) {
    let (log, _guard) = Log::start();
    let answer = send::get(app, &[("authorization", format!("Bearer {}", token()))]).await;
    assert_eq!(answer.status(), 500, "{}", answer.body());
    assert_eq!(answer.headers().get("www-authenticate"), None);
    let rejection = answer.extensions().get().map(Rejection::kind);
    assert_eq!(rejection, Some(RejectionKind::MissingLayer));
    let errors = log.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("CognitoLayer") && errors[0].contains(asked_by), "{errors:?}");
}

#[tokio::test]
async fn claims_without_the_layer_are_an_error_of_the_server() {
    expect_missing_layer(route(claims), "CognitoClaims").await;
}

#[tokio::test]
async fn access_claims_without_the_layer_are_an_error_of_the_server() {
    expect_missing_layer(route(access), "AccessClaims").await;
}

#[tokio::test]
async fn id_claims_without_the_layer_are_an_error_of_the_server() {
    expect_missing_layer(route(id), "IdClaims").await;
}

#[tokio::test]
async fn optional_claims_without_the_layer_are_no_anonymous_caller() {
    expect_missing_layer(route(optional_claims), "CognitoClaims").await;
}

#[tokio::test]
async fn optional_access_claims_without_the_layer_are_no_anonymous_caller() {
    expect_missing_layer(route(optional_access), "AccessClaims").await;
}

#[tokio::test]
async fn optional_id_claims_without_the_layer_are_no_anonymous_caller() {
    expect_missing_layer(route(optional_id), "IdClaims").await;
}

#[tokio::test]
async fn a_requirement_without_the_layer_is_an_error_of_the_server() {
    expect_missing_layer(route(async || "in").layer(Require::group("admins")), "Require").await;
}

#[tokio::test]
async fn a_requirement_that_everybody_meets_wants_the_layer_too() {
    let anybody = Require::when(|_| true);
    expect_missing_layer(route(async || "in").layer(anybody), "Require").await;
}

#[tokio::test]
async fn a_requirement_outside_of_the_layer_is_an_error_of_the_server() {
    let app = route(async || "in").layer(layer()).layer(Require::group("admins"));
    expect_missing_layer(app, "Require").await;
}

#[tokio::test]
async fn a_route_that_is_added_behind_the_layer_is_an_error_of_the_server() {
    let app = Router::new().layer(layer()).route("/", get(claims));
    expect_missing_layer(app, "CognitoClaims").await;
}

#[tokio::test]
async fn claims_that_a_program_put_there_do_not_stand_in_for_the_layer() {
    let verified = POOL.verifier("test-client").verify(&token()).await.expect("a token");
    expect_missing_layer(route(claims).layer(Extension(verified)), "CognitoClaims").await;
}
