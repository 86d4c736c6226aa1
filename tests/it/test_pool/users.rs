//! Users, and what their tokens say of them.

use axum_cognito::testing::{TestPool, TestUser};
use serde_json::json;

use super::claims;
use crate::common::log::Log;

#[tokio::test]
async fn a_sub_is_a_uuid_of_the_name_and_not_the_name() {
    let (pool, other) = (TestPool::offline(), TestPool::offline());
    let sub = pool.sub_of("alice");
    assert_eq!(sub, other.sub_of("alice"));
    assert_ne!(sub, pool.sub_of("bob"));
    let groups: Vec<usize> = sub.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{sub}");
    assert!(sub.chars().all(|char| char == '-' || char.is_ascii_hexdigit()), "{sub}");
    // RFC 9562 §4.1, §5.8.
    assert!(sub[14..].starts_with('8') && sub[19..].starts_with(['8', '9', 'a', 'b']), "{sub}");
    let verified = pool.verifier("web").verify(pool.sign_in("alice", "web").access_token()).await;
    assert_eq!(verified.expect("a good token").sub(), sub);
    for token in [pool.access_token("alice").sign(), pool.id_token("alice").sign()] {
        assert_eq!(claims(&token)["sub"], sub.as_str());
    }
}

#[test]
fn a_sub_can_be_said() {
    let pool = TestPool::offline();
    pool.add_user(TestUser::new("alice").sub("0f1e"));
    assert_eq!(pool.sub_of("alice"), "0f1e");
    assert_eq!(claims(&pool.access_token("alice").sign())["sub"], "0f1e");
    assert_eq!(claims(pool.sign_in("alice", "web").id_token())["sub"], "0f1e");
    assert_eq!(claims(&pool.access_token("alice").sub("2d3c").sign())["sub"], "2d3c");
}

#[test]
fn a_machine_is_its_client() {
    let pool = TestPool::offline();
    assert_eq!(claims(&pool.machine_token("batch").sign())["sub"], "batch");
}

#[test]
fn a_user_is_described_once_for_all_of_their_tokens() {
    let pool = TestPool::offline();
    let alice = TestUser::new("alice").group("admins").group("staff").without_attribute("email");
    pool.add_user(alice.attribute("custom:level", "7").attribute("phone_number_verified", "true"));
    let (access, id) =
        (claims(&pool.access_token("alice").sign()), claims(&pool.id_token("alice").sign()));
    for token in [&access, &id] {
        assert_eq!(token["cognito:groups"], json!(["admins", "staff"]));
    }
    assert_eq!(id["custom:level"], "7");
    assert_eq!(id["phone_number_verified"], true);
    assert!(id["email"].is_null() && access["custom:level"].is_null());
    pool.set_groups("alice", ["staff"]);
    assert_eq!(claims(&pool.access_token("alice").sign())["cognito:groups"], json!(["staff"]));
}

#[test]
fn an_attribute_on_an_access_token_is_a_warning_unless_a_trigger_adds_it() {
    let pool = TestPool::offline();
    let (log, _guard) = Log::start();
    let warnings = || log.text().lines().filter(|line| line.contains("WARN")).count();
    let access = || pool.access_token("alice");
    let _ = access().claim("tenant", "acme").added_by_trigger("custom:tenant", 7).sign();
    let _ = access().added_by_trigger("email", "a@example.com").sign();
    let _ = pool.id_token("alice").claim("custom:tenant", "acme").claim("email", "a@b.c").sign();
    let _ = pool.sign_in("alice", "web");
    assert_eq!(warnings(), 0, "{}", log.text());
    let _ = access().claim("custom:tenant", "acme").sign();
    let _ = access().claim("email", "a@example.com").sign();
    let _ = pool.machine_token("batch").claim("custom:tenant", "acme").sign();
    assert_eq!(warnings(), 3, "{}", log.text());
    assert!(log.text().contains("axum_cognito::testing"), "{}", log.text());
    assert!(log.text().contains("claim=\"custom:tenant\""), "{}", log.text());
    assert!(log.text().contains("added_by_trigger"), "{}", log.text());
}
