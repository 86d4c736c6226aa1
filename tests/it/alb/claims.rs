//! The claims of `x-amzn-oidc-data`.

use axum_cognito::VerifyError;
use axum_cognito::testing::TestAlbToken;
use serde_json::{Value, json};

use crate::common::alb::{CLIENT, LOAD_BALANCER, data, refusal, verdict};

fn read(data: TestAlbToken) -> axum_cognito::AlbClaims {
    verdict(&data.sign()).expect("good data")
}

#[test]
fn the_claims_of_header_and_payload_are_read() {
    let claims = read(data());
    assert_eq!(claims.sub(), "alice");
    assert_eq!(claims.email(), Some("alice@example.com"));
    assert!(claims.email_verified());
    assert_eq!(claims.username(), Some("alice"));
    assert_eq!(claims.issuer(), LOAD_BALANCER.user_pool().issuers()[0]);
    assert_eq!(claims.client_id(), CLIENT);
    assert_eq!(claims.signer(), LOAD_BALANCER.load_balancer().arn());
    let lifetime = claims.expires_at().duration_since(LOAD_BALANCER.clock().now());
    assert!((100..=120).contains(&lifetime.expect("in the future").as_secs()));
}

#[test]
fn the_payload_names_no_other_issuer_than_the_header() {
    let pool = LOAD_BALANCER.user_pool();
    let [first, second] = pool.issuers() else { panic!("two issuers") };
    assert_eq!(refusal(data().claim("iss", first)), None);
    assert_eq!(refusal(data().claim("iss", second)), Some(VerifyError::Issuer));
    assert_eq!(refusal(data().claim("iss", "")), Some(VerifyError::Issuer));
    assert_eq!(refusal(data().without_claim("iss")), None);
}

#[test]
fn the_earlier_date_of_header_and_payload_is_when_the_data_expire() {
    let now = LOAD_BALANCER.clock().now().duration_since(std::time::UNIX_EPOCH);
    let sooner = now.expect("after 1970").as_secs() + 60;
    for data in [data().header("exp", sooner), data().claim("exp", sooner)] {
        let expires_at = read(data).expires_at().duration_since(std::time::UNIX_EPOCH);
        assert_eq!(expires_at.expect("after 1970").as_secs(), sooner);
    }
}

#[test]
fn what_is_not_there_is_none() {
    let bare = data().without_claim("email").without_claim("email_verified");
    let claims = read(bare.without_claim("username"));
    assert_eq!((claims.email(), claims.username()), (None, None));
    assert!(!claims.email_verified());
    assert_eq!(claims.claim::<Value>("email"), Ok(None));
}

#[test]
fn a_verified_address_is_said_by_a_boolean_or_a_string_in_any_case_and_by_nothing_else() {
    let verified = |value: &Value| read(data().claim("email_verified", value)).email_verified();
    for value in [json!(true), json!("true"), json!("True"), json!("TRUE")] {
        assert!(verified(&value), "{value}");
    }
    let private = json!({ "$serde_json::private::RawValue": "true" });
    for value in [json!(false), json!("False"), json!(1), json!(null), json!(""), private] {
        assert!(!verified(&value), "{value}");
    }
}

#[test]
fn a_claim_that_decides_and_has_the_wrong_type_is_refused_by_its_name() {
    for name in ["sub", "iss", "exp"] {
        for value in [json!(null), json!(["a"]), json!({}), json!(true)] {
            let refused = refusal(data().claim(name, value));
            assert_eq!(refused, Some(VerifyError::Payload { claim: Some(name) }));
        }
    }
}

#[test]
fn a_claim_that_only_informs_is_absent_where_it_is_no_string() {
    for value in [json!(null), json!(1), json!(["a"]), json!({}), json!(true)] {
        let claims = read(data().claim("email", &value).claim("username", &value));
        assert_eq!((claims.email(), claims.username()), (None, None), "{value}");
    }
}

#[test]
fn data_without_subject_are_refused() {
    assert_eq!(refusal(data().without_claim("sub")), Some(VerifyError::MissingClaim("sub")));
    assert_eq!(refusal(data().claim("sub", "")), Some(VerifyError::MissingClaim("sub")));
}

#[test]
fn other_claims_are_readable_by_name_and_as_a_type() {
    #[derive(serde::Deserialize)]
    struct Profile {
        name: String,
        #[serde(rename = "custom:tenant")]
        tenant: u32,
    }
    let name = "Renée / \"R\" 😀";
    let claims = read(data().claim("name", name).claim("custom:tenant", 7));
    assert_eq!(claims.claim::<u32>("custom:tenant"), Ok(Some(7)));
    let profile: Profile = claims.deserialize().expect("a profile");
    assert_eq!((profile.name.as_str(), profile.tenant), (name, 7));
    let error = claims.claim::<u32>("name").expect_err("a string").to_string();
    assert!(error.contains("name") && !error.contains("Ren"), "{error}");
}

#[test]
fn debug_shows_nothing_of_a_person_beyond_sub() {
    let claims = read(data().claim("sub", "0f1e").claim("phone_number", "+15550100"));
    let text = format!("{claims:?}");
    assert!(text.contains("0f1e") && text.contains(CLIENT), "{text}");
    assert!(!text.contains("alice") && !text.contains("5550100"), "{text}");
}

#[test]
fn a_clone_has_the_same_claims() {
    let claims = read(data());
    let other = claims.clone();
    assert!(std::ptr::eq(claims.sub(), other.sub()));
}
