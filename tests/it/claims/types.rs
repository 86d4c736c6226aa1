//! The types of claims: what decides must have its type, what informs is absent where it cannot be read.

use axum_cognito::{AccessClaims, IdClaims, VerifyError};
use serde_json::{Value, json};

use crate::common::member::with_member;
use crate::common::read::{accessed, identified};
use crate::common::refusals::{access_refusal, id, id_refusal};
use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

/// What `serde_json` itself writes for a value that it leaves as text.
const PRIVATE_KEY: &str = "$serde_json::private::RawValue";

/// Values of JSON that are no string.
fn no_strings() -> [Value; 6] {
    let private = json!({ PRIVATE_KEY: "\"text\"" });
    [json!(7), json!(true), json!([]), json!(["text"]), json!({ "a": "b" }), private]
}

/// Values of JSON that are no array of strings.
fn no_lists() -> [Value; 6] {
    let private = json!({ PRIVATE_KEY: "[\"text\"]" });
    [json!(7), json!("a"), json!(["a", 7]), json!(["a", null]), json!([["a"]]), private]
}

/// Each of these names with each of these values.
fn each<'a>(
    names: &'a [&'static str],
    values: &'a [Value],
) -> impl Iterator<Item = (&'static str, &'a Value)> {
    names.iter().flat_map(move |name| values.iter().map(move |value| (*name, value)))
}

fn payload(claim: &'static str) -> Option<VerifyError> {
    Some(VerifyError::Payload { claim: Some(claim) })
}

#[test]
fn a_claim_that_decides_and_should_be_a_string_is_refused_by_its_name() {
    let both = ["sub", "iss", "token_use", "jti", "origin_jti"];
    for (name, value) in each(&[&both[..], &["client_id", "scope"]].concat(), &no_strings()) {
        assert_eq!(access_refusal(access().claim(name, value)), payload(name), "{value}");
    }
    for (name, value) in each(&[&both[..], &["nonce"]].concat(), &no_strings()) {
        assert_eq!(id_refusal(id().claim(name, value)), payload(name), "{value}");
    }
}

#[test]
fn groups_that_are_no_list_of_strings_are_refused_by_their_name() {
    for value in no_lists() {
        let token = access().claim("cognito:groups", &value);
        assert_eq!(access_refusal(token), payload("cognito:groups"), "{value}");
        let token = id().claim("cognito:groups", &value);
        assert_eq!(id_refusal(token), payload("cognito:groups"), "{value}");
    }
}

#[test]
fn a_time_of_sign_in_that_is_no_date_is_refused_by_its_name() {
    for value in [json!("1700000000"), json!(true), json!([1_700_000_000])] {
        let token = access().claim("auth_time", &value);
        assert_eq!(access_refusal(token), payload("auth_time"), "{value}");
    }
}

#[test]
fn the_audience_of_an_id_token_must_have_its_type() {
    for aud in [json!(null), json!(7), json!(true), json!([7]), json!({ "aud": CLIENT })] {
        assert_eq!(id_refusal(id().claim("aud", &aud)), payload("aud"), "{aud}");
    }
}

#[test]
fn null_is_refused_for_what_every_token_has_and_for_the_date_from_which_it_is_valid() {
    for name in ["iss", "sub", "token_use", "exp", "iat", "nbf", "client_id"] {
        assert_eq!(access_refusal(access().claim(name, Value::Null)), payload(name));
    }
}

#[test]
fn null_is_absent_for_every_claim_that_a_token_may_lack() {
    let claims = accessed(with_nulls(access()));
    assert!(claims.scopes().is_empty() && claims.groups().is_empty());
    assert_eq!((claims.auth_time(), claims.jti(), claims.origin_jti()), (None, None, None));
    assert_eq!((claims.username(), claims.event_id()), (None, None));
    let claims = identified(with_nulls);
    assert!(claims.groups().is_empty() && claims.roles().is_empty());
    assert_eq!((claims.auth_time(), claims.jti(), claims.origin_jti()), (None, None, None));
    assert_eq!((claims.nonce(), claims.email(), claims.username()), (None, None, None));
    assert!(claims.identities().is_empty() && !claims.email_verified());
}

fn with_nulls(token: axum_cognito::testing::TestToken) -> axum_cognito::testing::TestToken {
    let optional = "scope cognito:groups auth_time jti origin_jti event_id username nonce email
        cognito:username email_verified identities cognito:roles cognito:preferred_role";
    optional.split_whitespace().fold(token, |token, name| token.claim(name, Value::Null))
}

#[test]
fn a_text_that_only_informs_is_absent_where_it_is_no_string() {
    type Read<T> = fn(&T) -> Option<&str>;
    let of_access: [(&str, Read<AccessClaims>); 2] =
        [("username", AccessClaims::username), ("event_id", AccessClaims::event_id)];
    let of_id: [(&str, Read<IdClaims>); 5] = [
        ("cognito:username", IdClaims::username),
        ("event_id", IdClaims::event_id),
        ("email", IdClaims::email),
        ("phone_number", IdClaims::phone_number),
        ("cognito:preferred_role", IdClaims::preferred_role),
    ];
    for value in no_strings() {
        for (name, read) in of_access {
            assert_eq!(read(&accessed(access().claim(name, &value))), None, "{name}: {value}");
        }
        for (name, read) in of_id {
            let claims = identified(|token| token.claim(name, &value));
            assert_eq!(read(&claims), None, "{name}: {value}");
        }
    }
}

#[test]
fn a_text_that_only_informs_is_absent_where_it_is_no_unicode() {
    let [header, payload] = texts(access().without_claim("username"));
    let payload = with_member(&payload, r#""username":"\ud800""#);
    let claims = verdict(&POOL.sign(&header, &payload)).expect("a good token");
    assert_eq!(claims.username(), None);
}

#[test]
fn roles_that_cannot_be_read_are_left_out() {
    let roles = |value: Value| identified(|token| token.claim("cognito:roles", value));
    for value in [json!("a"), json!(7), json!({}), json!([7, null, ["a"]]), json!(true)] {
        assert!(roles(value.clone()).roles().is_empty(), "{value}");
    }
    assert_eq!(roles(json!(["a", 7])).roles(), ["a"]);
}

#[test]
fn a_flag_is_true_as_a_boolean_or_as_a_string_in_any_case_and_else_false() {
    type Read = fn(&IdClaims) -> bool;
    let flags: [(&str, Read); 2] = [
        ("email_verified", IdClaims::email_verified),
        ("phone_number_verified", IdClaims::phone_number_verified),
    ];
    for (name, read) in flags {
        let is_true = |value: &Value| read(&identified(|token| token.claim(name, value)));
        for value in [json!(true), json!("true"), json!("True"), json!("TRUE")] {
            assert!(is_true(&value), "{name}: {value}");
        }
        let private = json!({ PRIVATE_KEY: "true" });
        for value in ["False", "", "yes", " true"].map(Value::from).iter().chain(&[
            json!(null),
            json!(1),
            json!([true]),
            private,
        ]) {
            assert!(!is_true(value), "{name}: {value}");
        }
    }
}

#[test]
fn identities_are_read_from_a_string_too() {
    let list = r#"[{"userId":"1234","providerName":"Google","primary":"true"}]"#;
    let claims = identified(|token| token.claim("identities", list));
    let [identity] = claims.identities() else { panic!("one identity") };
    assert_eq!((identity.user_id(), identity.is_primary()), (Some("1234"), true));
}

#[test]
fn what_is_no_identity_is_left_out() {
    let count =
        |value: &Value| identified(|token| token.claim("identities", value)).identities().len();
    let quoted_twice = json!(json!("[{}]").to_string());
    for value in
        [json!("["), json!(""), json!(7), json!({}), json!([7, null]), json!(["a"]), quoted_twice]
    {
        assert_eq!(count(&value), 0, "{value}");
    }
    assert_eq!(count(&json!([7, { "userId": "1" }])), 1);
}

#[test]
fn a_member_of_an_identity_that_cannot_be_read_is_absent() {
    let odd = json!({
        "userId": [7], "providerName": { PRIVATE_KEY: "\"Google\"" }, "providerType": true,
        "issuer": {}, "primary": { PRIVATE_KEY: "true" }, "dateCreated": "yesterday"
    });
    let claims = identified(|token| token.claim("identities", [odd]));
    let [identity] = claims.identities() else { panic!("one identity") };
    assert_eq!((identity.user_id(), identity.provider_name()), (None, None));
    assert_eq!((identity.provider_type(), identity.issuer()), (None, None));
    assert_eq!((identity.is_primary(), identity.date_created()), (false, None));
}
