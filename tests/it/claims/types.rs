//! The types of claims: one of the wrong type is refused, not ignored.

use axum_cognito::VerifyError;
use serde_json::{Value, json};

use crate::common::refusals::{access_refusal, id, id_refusal};
use crate::common::tokens::{CLIENT, access};

/// Values of JSON that are no string.
fn no_strings() -> [Value; 6] {
    [json!(null), json!(7), json!(true), json!([]), json!(["text"]), json!({ "a": "b" })]
}

/// Values of JSON that are no array of strings.
fn no_lists() -> [Value; 6] {
    [json!(null), json!(7), json!("a"), json!(["a", 7]), json!([["a"]]), json!({ "a": "b" })]
}

/// Each of these names with each of these values.
fn each<'a>(names: &'a str, values: &'a [Value]) -> impl Iterator<Item = (&'a str, &'a Value)> {
    names.split(' ').flat_map(move |name| values.iter().map(move |value| (name, value)))
}

#[test]
fn a_claim_that_should_be_a_string_and_is_not_is_refused() {
    let both = "sub iss token_use jti origin_jti event_id";
    for (name, value) in each(&format!("{both} client_id username scope"), &no_strings()) {
        let refused = access_refusal(access().claim(name, value));
        assert_eq!(refused, Some(VerifyError::Payload), "{name}: {value}");
    }
    let own = "cognito:username email cognito:preferred_role nonce";
    for (name, value) in each(&format!("{both} {own}"), &no_strings()) {
        let refused = id_refusal(id().claim(name, value));
        assert_eq!(refused, Some(VerifyError::Payload), "{name}: {value}");
    }
}

#[test]
fn a_claim_that_should_be_a_list_of_strings_and_is_not_is_refused() {
    for (name, value) in each("cognito:groups", &no_lists()) {
        let refused = access_refusal(access().claim(name, value));
        assert_eq!(refused, Some(VerifyError::Payload), "{name}: {value}");
    }
    for (name, value) in each("cognito:groups cognito:roles", &no_lists()) {
        let refused = id_refusal(id().claim(name, value));
        assert_eq!(refused, Some(VerifyError::Payload), "{name}: {value}");
    }
}

#[test]
fn the_audience_of_an_id_token_must_have_its_type() {
    for aud in [json!(null), json!(7), json!(true), json!([7]), json!({ "aud": CLIENT })] {
        assert_eq!(id_refusal(id().claim("aud", &aud)), Some(VerifyError::Payload), "{aud}");
    }
}

#[test]
fn a_flag_that_is_neither_true_nor_false_is_refused() {
    for value in [json!(null), json!(1), json!("True"), json!("yes"), json!(""), json!([true])] {
        let refused = id_refusal(id().claim("email_verified", &value));
        assert_eq!(refused, Some(VerifyError::Payload), "{value}");
    }
}

#[test]
fn identities_that_are_no_list_of_objects_are_refused() {
    for value in
        [json!("[]"), json!(7), json!({}), json!([7]), json!(["a"]), json!([{ "userId": [7] }])]
    {
        let refused = id_refusal(id().claim("identities", &value));
        assert_eq!(refused, Some(VerifyError::Payload), "{value}");
    }
}
