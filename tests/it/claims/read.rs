//! The claims as a program reads them: typed, by name, or all together.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::{CognitoClaims, TokenUse};
use serde_json::{Value, json};

use crate::common::read::{accessed, identified, read};
use crate::common::tokens::{CLIENT, POOL, access};

#[test]
fn the_claims_of_a_user_are_read_from_either_kind_of_token() {
    let access = access().claim("sub", "id-of-alice").claim("iat", 1_500_000_000);
    let id = POOL.id_token("alice").client_id(CLIENT).claim("sub", "id-of-alice");
    for token in [access, id.claim("iat", 1_500_000_000)] {
        let token = token.claim("jti", "j").claim("origin_jti", "o").claim("event_id", "e");
        let claims = read(token.claim("exp", 4_000_000_000_u64).groups(["a", "b"]));
        assert_eq!(claims.sub(), "id-of-alice");
        assert_eq!(claims.issuer(), POOL.user_pool().issuers()[0]);
        assert_eq!(claims.user_pool_id(), POOL.user_pool().id());
        assert_eq!(claims.client_id(), CLIENT);
        assert_eq!(claims.username(), Some("alice"));
        assert_eq!(claims.groups(), ["a", "b"]);
        let ids = (claims.jti(), claims.origin_jti(), claims.event_id());
        assert_eq!(ids, (Some("j"), Some("o"), Some("e")));
        assert_eq!(claims.issued_at(), UNIX_EPOCH + Duration::from_secs(1_500_000_000));
        assert_eq!(claims.expires_at(), UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    }
}

#[test]
fn claims_that_are_not_there_are_none_or_empty() {
    let names = ["username", "jti", "origin_jti", "event_id", "auth_time", "scope", "version"];
    let bare = names.into_iter().fold(access(), |token, name| token.without_claim(name));
    let claims = accessed(bare);
    assert_eq!((claims.username(), claims.auth_time()), (None, None));
    assert_eq!((claims.jti(), claims.origin_jti(), claims.event_id()), (None, None, None));
    assert!(claims.groups().is_empty());
    assert!(claims.scopes().is_empty());
}

#[test]
fn the_kind_of_the_claims_is_that_of_the_token() {
    let access = read(access());
    assert_eq!(access.token_use(), TokenUse::Access);
    assert!(access.as_access().is_some() && access.as_id().is_none());
    let id = read(POOL.id_token("alice").client_id(CLIENT));
    assert_eq!(id.token_use(), TokenUse::Id);
    assert!(id.as_id().is_some() && id.as_access().is_none());
}

#[test]
fn the_claims_of_one_kind_know_their_kind() {
    assert_eq!(accessed(access()).token_use(), TokenUse::Access);
    assert_eq!(identified(|token| token).token_use(), TokenUse::Id);
}

#[test]
fn the_time_of_sign_in_is_read() {
    let claims = read(access().claim("auth_time", 1_500_000_000));
    assert_eq!(claims.auth_time(), Some(UNIX_EPOCH + Duration::from_secs(1_500_000_000)));
}

// RFC 8693 §4.2.
#[test]
fn a_scope_splits_on_spaces_and_on_nothing_else() {
    let scopes = |scope: &str| accessed(access().scope(scope)).scopes().to_vec();
    assert_eq!(scopes("orders/read orders/write"), ["orders/read", "orders/write"]);
    assert_eq!(scopes("  a   b "), ["a", "b"]);
    assert_eq!(scopes("a\tb\nc,d"), ["a\tb\nc,d"]);
    assert!(scopes("").is_empty());
    assert!(scopes(" ").is_empty());
}

#[test]
fn a_scope_matches_whole() {
    let claims = accessed(access().scope("orders/read:all email"));
    assert!(claims.has_scope("orders/read:all"));
    for scope in ["", " ", "orders/read", "orders", "read:all", "Email", "orders/read:all email"] {
        assert!(!claims.has_scope(scope), "{scope}");
    }
}

#[test]
fn a_group_matches_whole_and_in_its_case() {
    let claims = read(access().groups(["admins", "eu west"]));
    assert!(claims.in_group("admins") && claims.in_group("eu west"));
    for group in ["", "admin", "admins ", "Admins", "ADMINS", "eu", "west", "superadmins"] {
        assert!(!claims.in_group(group), "{group}");
    }
}

#[test]
fn a_machine_is_a_client_without_a_user() {
    assert!(accessed(POOL.machine_token(CLIENT)).is_machine());
    assert!(!accessed(access()).is_machine());
    let user_named_like_the_client = access().claim("sub", CLIENT);
    assert!(!accessed(user_named_like_the_client).is_machine());
    let user_without_name = access().without_claim("username");
    assert!(!accessed(user_without_name).is_machine());
}

#[test]
fn the_attributes_of_an_id_token_are_read() {
    let claims = identified(|token| {
        let token = token.claim("cognito:roles", ["r1", "r2"]).claim("email", "a@example.com");
        token.claim("cognito:preferred_role", "r1").claim("nonce", "n")
    });
    assert_eq!(claims.email(), Some("a@example.com"));
    assert_eq!(claims.roles(), ["r1", "r2"]);
    assert_eq!((claims.preferred_role(), claims.nonce()), (Some("r1"), Some("n")));
}

#[test]
fn an_id_token_without_attributes_is_read() {
    let claims = identified(|token| {
        token
            .without_claim("email")
            .without_claim("email_verified")
            .without_claim("cognito:username")
    });
    assert_eq!((claims.email(), claims.email_verified(), claims.username()), (None, false, None));
    assert!(claims.roles().is_empty() && claims.identities().is_empty());
    assert_eq!((claims.preferred_role(), claims.nonce()), (None, None));
}

#[test]
fn a_claim_is_read_by_its_name_in_the_type_that_is_asked_for() {
    let claims =
        read(access().added_by_trigger("custom:tenant", "t1").claim("level", 7).claim("ok", true));
    assert_eq!(claims.claim("custom:tenant"), Ok(Some("t1".to_owned())));
    assert_eq!(claims.claim("level"), Ok(Some(7_u8)));
    assert_eq!(claims.claim("level"), Ok(Some(7.0_f64)));
    assert_eq!(claims.claim("ok"), Ok(Some(true)));
    assert_eq!(claims.claim("sub"), Ok(Some(POOL.sub_of("alice"))));
}

#[test]
fn unknown_claims_of_any_type_and_size_are_accepted_and_readable() {
    let values = [
        json!(7),
        json!(-0.5),
        json!(u64::MAX),
        json!(false),
        json!(""),
        json!("ü\u{0}\u{1f600}"),
        json!([]),
        json!([1, "a", null, [[]]]),
        json!({}),
        json!({ "a": { "b": [1] } }),
        json!("x".repeat(8_000)),
        json!(vec![7; 2_000]),
    ];
    for value in values {
        let claims = read(access().added_by_trigger("custom:any", &value));
        assert_eq!(claims.claim("custom:any"), Ok(Some(value)));
    }
}

#[test]
fn a_claim_of_any_name_is_readable() {
    for name in
        ["", " ", "a.b", "a\"b\\c", "ü", "\u{0}", "https://example.com/claim", "constructor"]
    {
        assert_eq!(
            read(access().claim(name, "x")).claim(name),
            Ok(Some("x".to_owned())),
            "{name:?}"
        );
    }
}

#[test]
fn a_claim_that_is_absent_or_null_is_none() {
    let claims = read(access().claim("nothing", Value::Null));
    assert_eq!(claims.claim::<String>("nothing"), Ok(None));
    assert_eq!(claims.claim::<String>("absent"), Ok(None));
    assert_eq!(claims.claim::<String>("su"), Ok(None));
}

#[test]
fn a_claim_of_another_type_is_an_error_that_names_it_without_its_value() {
    let claims = read(access().added_by_trigger("custom:secret", "hunter2"));
    let error = claims.claim::<u64>("custom:secret").expect_err("no number");
    let texts = format!("{error} {error:?}");
    assert!(texts.contains("custom:secret") && texts.contains("u64"), "{texts}");
    assert!(!texts.contains("hunter2"), "{texts}");
}

#[test]
fn all_claims_are_read_together_as_a_type_of_ones_own() {
    let claims = read(access().added_by_trigger("custom:tenant", "t1"));
    let all: BTreeMap<String, Value> = claims.deserialize().expect("an object");
    assert_eq!(all["custom:tenant"], "t1");
    assert_eq!((&all["sub"], &all["token_use"]), (&json!(POOL.sub_of("alice")), &json!("access")));
    let wrong = claims.deserialize::<Vec<String>>().expect_err("no list");
    assert!(!wrong.to_string().contains("t1"), "{wrong}");
}

#[test]
fn claims_are_the_same_on_all_three_types() {
    let claims = read(access().added_by_trigger("custom:tenant", "t1"));
    let CognitoClaims::Access(inner) = &claims else { panic!("an access token's") };
    assert_eq!(inner.claim::<String>("custom:tenant"), claims.claim("custom:tenant"));
    assert_eq!((inner.sub(), inner.token_use()), (claims.sub(), claims.token_use()));
}

#[test]
fn a_claim_that_a_type_wants_and_the_token_lacks_is_named() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Customer {
        sub: String,
        #[serde(rename = "custom:tenant")]
        tenant: u64,
    }
    let error = read(access()).deserialize::<Customer>().expect_err("no tenant");
    assert!(error.to_string().ends_with(r#"the field "custom:tenant" is missing"#), "{error}");
    let secret = read(access().added_by_trigger("custom:tenant", "of-alice"));
    let error = secret.deserialize::<Customer>().expect_err("no number");
    assert!(!error.to_string().contains("of-alice"), "{error}");
}

#[test]
fn claims_are_serialized_as_the_payload_says_them() {
    let token = access().claim("custom:tenant", json!({ "a": [1, null, "b"] }));
    let claims = read(token);
    let json = serde_json::to_value(&claims).expect("JSON");
    assert_eq!(json, claims.deserialize::<Value>().expect("JSON"));
    assert_eq!(json["custom:tenant"]["a"][2], "b");
    let identities = json!([{ "userId": "1", "providerName": "Google" }]);
    let claims = identified(|token| token.claim("identities", identities));
    assert_eq!(serde_json::to_value(&claims).expect("JSON")["token_use"], "id");
    let identity = serde_json::to_value(claims.identities()).expect("JSON");
    assert_eq!(identity[0]["providerName"], "Google");
}
