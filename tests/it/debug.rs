//! What `Debug` shows of the parts that a program holds: which they are, and of which pool.

use axum_cognito::testing::{TestLoadBalancer, TestPool};
use axum_cognito::{AlbLayer, CognitoLayer, CognitoVerifier, JwksCache, Rejection, Require};
use http::{Request, Response};
use tower::{Layer as _, Service as _, service_fn};

use crate::common::runtime::block_on;

/// Asks that a text begins with the type, and names the rest.
fn shows(text: &str, parts: &[&str]) {
    assert!(text.starts_with(parts[0]), "{text}");
    assert!(parts.iter().all(|part| text.contains(part)), "{parts:?} in {text}");
}

#[test]
fn the_keys_and_their_builder_are_shown_with_their_pool() {
    let pool = TestPool::offline();
    let user_pool = pool.user_pool();
    shows(&format!("{:?}", pool.keys()), &["JwksCache", user_pool.id(), "Fresh"]);
    let builder = format!("{:?}", JwksCache::builder(user_pool.clone()));
    shows(&builder, &["JwksCacheBuilder", user_pool.id(), "refresh_after"]);
}

#[test]
fn a_verifier_and_its_builder_are_shown_with_their_pools_and_policy() {
    let pool = TestPool::offline();
    let user_pool = pool.user_pool();
    let builder = CognitoVerifier::builder().trust(&pool, "app").check(|_| Ok(()));
    let parts = [user_pool.id(), "token_use: Access", "checks: 1"];
    shows(&format!("{builder:?}"), &[&["CognitoVerifierBuilder"], &parts[..]].concat());
    let verifier = builder.build().expect("settings that can be");
    shows(&format!("{verifier:?}"), &[&["CognitoVerifier"], &parts[..]].concat());
}

#[test]
fn a_layer_its_service_and_its_future_are_shown() {
    let pool = TestPool::offline();
    let layer = CognitoLayer::new(pool.verifier("app")).realm("orders");
    shows(&format!("{layer:?}"), &["CognitoLayer", pool.user_pool().id(), "orders"]);
    let inner = service_fn(async |_: Request<()>| Ok::<_, ()>(Response::new("in")));
    let mut service = layer.clone().layer(inner);
    let future = service.call(Request::new(()));
    shows(&format!("{future:?}"), &["ResponseFuture"]);
    assert_eq!(block_on(future).expect("an answer").status(), 401);
    let shown = layer.layer("the service inside");
    shows(&format!("{shown:?}"), &["CognitoService", "the service inside", "orders"]);
}

#[test]
fn what_stands_behind_a_load_balancer_is_shown_with_its_arn_and_its_issuers() {
    let load_balancer = TestLoadBalancer::offline();
    let (arn, pool) = (load_balancer.load_balancer().arn().to_owned(), load_balancer.user_pool());
    let builder = load_balancer.verifier_builder().trust(pool.clone(), "app");
    let parts = [&arn, pool.id(), "leeway: 0ns", "request_timeout: 3s"];
    shows(&format!("{builder:?}"), &[&["AlbVerifierBuilder"], &parts[..]].concat());
    let verifier = builder.build().expect("settings that can be");
    let issuers: Vec<_> = pool.issuers().iter().map(String::as_str).collect();
    shows(&format!("{verifier:?}"), &[&["AlbVerifier", &arn], &issuers[..]].concat());
    let layer = AlbLayer::new(verifier).realm("orders");
    shows(&format!("{layer:?}"), &["AlbLayer", &arn, "orders"]);
    let shown = layer.layer("the service inside");
    shows(&format!("{shown:?}"), &["AlbService", "the service inside", &arn, "orders"]);
}

#[test]
fn a_refusal_is_shown_with_its_own_cause_and_no_other() {
    let pool = TestPool::offline();
    let layer = CognitoLayer::new(pool.verifier("app")).realm("orders");
    let refused = |authorization: &str| {
        let request = Request::builder().header("authorization", authorization).body(()).unwrap();
        let inner = service_fn(async |_: Request<()>| Ok::<_, ()>(Response::new("in")));
        let answer = block_on(layer.clone().layer(inner).call(request)).expect("an answer");
        format!("{:?}", answer.extensions().get::<Rejection>().expect("a refusal"))
    };
    refused(&format!("Bearer {}", pool.access_token("alice").client_id("app").expired().sign()));
    let shown = refused("Bearer garbage");
    shows(&shown, &["Rejection", "NotJwt", "orders"]);
    assert!(!shown.contains("xpired"), "{shown}");
    assert!(!shown.contains("OnceLock"), "{shown}");
}

#[test]
fn a_requirement_is_shown_with_its_rules() {
    let require = Require::any_scope(["a/read", "a/write"]).and(Require::all_groups(["admins"]));
    let require = require.and(Require::scope("b")).and(Require::any_group(["staff"]));
    let text = format!("{:?}", require.and(Require::when(|_| true)));
    let rules = ["AnyScope([\"a/read\", \"a/write\"])", "AllGroups([\"admins\"])"];
    let more = ["AllScopes([\"b\"])", "AnyGroup([\"staff\"])", "When(..)"];
    shows(&text, &[&["Require"], &rules[..], &more[..]].concat());
}
