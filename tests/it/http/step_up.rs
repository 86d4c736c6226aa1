//! What a route requires of a sign-in: how recent, and of which level (RFC 9470).

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoLayer, Rejection, RejectionKind, Require};
use serde_json::json;

use crate::common::send;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// The challenge of the refusal; `None` if the request is let in.
async fn challenge(pool: &TestPool, require: Require, token: TestToken) -> Option<String> {
    let app = Router::new().route("/", get(async || "in"));
    let app = app.route_layer(require).layer(CognitoLayer::new(pool.verifier("test-client")));
    let answer = send::get(app, &[("authorization", format!("Bearer {}", token.sign()))]).await;
    let rejection = answer.extensions().get::<Rejection>().cloned();
    assert_eq!(answer.status() == 200, rejection.is_none(), "{}", answer.body());
    let rejection = rejection?;
    if rejection.kind() == RejectionKind::InsufficientAuthentication {
        assert_eq!(answer.status(), 401);
        assert!(answer.body().contains(r#""error":"insufficient_user_authentication""#));
        assert!(rejection.error_code() == Some("insufficient_user_authentication"));
    }
    let challenge = rejection.www_authenticate().expect("a challenge");
    assert_eq!(answer.headers().get("www-authenticate"), Some(&challenge));
    Some(challenge.to_str().expect("text").to_owned())
}

fn expected(needed: &str) -> Option<String> {
    Some(format!(
        "Bearer realm=\"cognito\", error=\"insufficient_user_authentication\", \
         error_description=\"This needs a more recent or a stronger sign-in: sign in again.\", {needed}"
    ))
}

#[tokio::test]
async fn a_sign_in_is_recent_enough_up_to_the_very_second() {
    let pool = TestPool::offline();
    let require = || Require::signed_in_within(FIVE_MINUTES);
    // Of the whole seconds of `auth_time` up to one is lost.
    let signed_in = |ago| pool.access_token("alice").issued_ago(Duration::from_secs(ago));
    assert_eq!(challenge(&pool, require(), signed_in(0)).await, None);
    assert_eq!(challenge(&pool, require(), signed_in(298)).await, None);
    assert_eq!(challenge(&pool, require(), signed_in(301)).await, expected("max_age=\"300\""));
}

#[tokio::test]
async fn a_sign_in_grows_too_old_by_the_clock_of_the_verifier() {
    let pool = TestPool::offline();
    let (require, token) = (Require::signed_in_within(FIVE_MINUTES), pool.access_token("alice"));
    assert_eq!(challenge(&pool, require.clone(), token.clone()).await, None);
    pool.clock().advance(FIVE_MINUTES + Duration::from_secs(1));
    assert_eq!(challenge(&pool, require, token).await, expected("max_age=\"300\""));
}

#[tokio::test]
async fn a_token_that_does_not_say_when_the_user_signed_in_is_never_recent() {
    let pool = TestPool::offline();
    let require = || Require::signed_in_within(Duration::MAX);
    let silent = pool.access_token("alice").without_claim("auth_time");
    let needed = format!("max_age=\"{}\"", u64::MAX);
    assert_eq!(challenge(&pool, require(), silent).await, expected(&needed));
    let machine = pool.machine_token("test-client");
    assert_eq!(challenge(&pool, require(), machine).await, expected(&needed));
}

#[tokio::test]
async fn a_sign_in_of_the_future_by_another_clock_is_recent() {
    let pool = TestPool::offline();
    let ahead = pool.clock().now() + Duration::from_secs(30);
    let ahead = ahead.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let token = pool.access_token("alice").claim("auth_time", ahead);
    assert_eq!(challenge(&pool, Require::signed_in_within(FIVE_MINUTES), token).await, None);
}

#[tokio::test]
async fn a_level_is_enough_only_if_it_is_named() {
    let pool = TestPool::offline();
    let require = || Require::acr(["urn:cognito:loa:3", "urn:cognito:loa:2"]);
    let of_level = |level: &str| pool.access_token("alice").claim("acr", level);
    assert_eq!(challenge(&pool, require(), of_level("urn:cognito:loa:3")).await, None);
    assert_eq!(challenge(&pool, require(), of_level("urn:cognito:loa:2")).await, None);
    let needed = expected("acr_values=\"urn:cognito:loa:3 urn:cognito:loa:2\"");
    // Names have no order: level 4 is as unknown here as any other text.
    for level in ["urn:cognito:loa:4", "urn:cognito:loa:1", "urn:cognito:loa:33", "", "3"] {
        assert_eq!(challenge(&pool, require(), of_level(level)).await, needed, "{level}");
    }
    assert_eq!(challenge(&pool, require(), pool.access_token("alice")).await, needed);
}

#[tokio::test]
async fn a_level_that_is_no_text_is_none_and_refuses_no_token() {
    let pool = TestPool::offline();
    let odd = pool.access_token("alice").claim("acr", json!(["a"])).claim("amr", 7).claim("act", 1);
    assert_eq!(challenge(&pool, Require::when(|_| true), odd.clone()).await, None);
    assert_eq!(challenge(&pool, Require::acr(["a"]), odd).await, expected("acr_values=\"a\""));
}

#[tokio::test]
async fn two_requirements_of_a_sign_in_are_named_together_with_what_satisfies_both() {
    let pool = TestPool::offline();
    let hour = Require::signed_in_within(Duration::from_secs(3600));
    let require = hour.and(Require::acr(["a", "b", "c"]));
    let require =
        require.and(Require::signed_in_within(FIVE_MINUTES)).and(Require::acr(["c", "b"]));
    let token = pool.access_token("alice");
    let needed = expected("acr_values=\"b c\", max_age=\"300\"");
    assert_eq!(challenge(&pool, require, token).await, needed);
}

#[tokio::test]
async fn the_first_requirement_that_is_not_met_decides_between_a_sign_in_and_a_group() {
    let pool = TestPool::offline();
    let (acr, group) = (|| Require::acr(["a"]), || Require::group("admins"));
    let token = || pool.access_token("alice");
    assert_eq!(challenge(&pool, acr().and(group()), token()).await, expected("acr_values=\"a\""));
    let forbidden = challenge(&pool, group().and(acr()), token()).await.expect("a refusal");
    assert!(forbidden.contains("insufficient_scope"), "{forbidden}");
}

#[tokio::test]
async fn no_text_of_a_program_breaks_out_of_the_challenge() {
    let pool = TestPool::offline();
    let require = Require::acr(["a\", error=\"x\r\n"]);
    let challenge = challenge(&pool, require, pool.access_token("alice")).await;
    let challenge = challenge.expect("a refusal");
    assert!(!challenge.contains("acr_values") && !challenge.contains("error=x"), "{challenge}");
}

#[tokio::test]
async fn the_level_the_methods_and_the_actor_are_read_from_tokens_of_both_kinds() {
    let pool = TestPool::offline();
    let builder = axum_cognito::CognitoVerifier::builder().trust(&pool, "test-client");
    let verifier = builder.token_use(axum_cognito::TokenUse::Any).clock(pool.clock());
    let verifier = verifier.build().expect("settings that can be");
    for token in [pool.access_token("alice"), pool.id_token("alice")] {
        let claims = verifier.verify(&token.clone().sign()).await.expect("a good token");
        assert_eq!((claims.acr(), claims.amr().len(), claims.actor()), (None, 0, None));
        let token = token.claim("acr", "urn:cognito:loa:2").claim("amr", ["pwd", "otp"]);
        let token = token.claim("act", json!({ "sub": "agent", "act": { "sub": "another" } }));
        let claims = verifier.verify(&token.sign()).await.expect("a good token");
        assert_eq!(claims.acr(), Some("urn:cognito:loa:2"));
        assert_eq!(claims.amr(), ["pwd", "otp"]);
        assert_eq!(claims.actor(), Some("agent"));
    }
}
