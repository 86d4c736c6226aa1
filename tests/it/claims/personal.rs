//! What a token says about a person: read in every form that Cognito writes, and shown to no log.

use axum_cognito::{Identity, TokenUse};
use serde_json::{Value, json};

use crate::common::read::{accessed, identified, read};
use crate::common::tokens::{CLIENT, POOL, access};

/// The one identity that is written like this.
fn identity(written: &Value) -> Identity {
    let claims = identified(|token| token.claim("identities", json!([written])));
    claims.identities()[0].clone()
}

/// An identity as Cognito writes it.
fn written() -> Value {
    json!({
        "userId": "1234", "providerName": "Google", "providerType": "OIDC", "issuer": null,
        "primary": "true", "dateCreated": "1642699117273"
    })
}

#[test]
fn email_verified_is_a_boolean_or_one_as_a_string() {
    let verified =
        |value: Value| identified(|token| token.claim("email_verified", value)).email_verified();
    assert!(verified(json!(true)));
    assert!(verified(json!("true")));
    assert!(!verified(json!(false)));
    assert!(!verified(json!("false")));
}

#[test]
fn an_identity_is_read_as_cognito_writes_it() {
    let identity = identity(&written());
    assert_eq!(identity.user_id(), Some("1234"));
    assert_eq!(identity.provider_name(), Some("Google"));
    assert_eq!(identity.provider_type(), Some("OIDC"));
    assert_eq!(identity.issuer(), None);
    assert!(identity.is_primary());
    assert_eq!(identity.date_created(), Some(1_642_699_117_273));
}

#[test]
fn the_issuer_of_an_identity_is_read_where_there_is_one() {
    let mut written = written();
    written["issuer"] = "https://login.example.com".into();
    assert_eq!(identity(&written).issuer(), Some("https://login.example.com"));
}

#[test]
fn the_strings_of_an_identity_may_be_what_they_stand_for() {
    let mut written = written();
    written["primary"] = true.into();
    written["dateCreated"] = 1_642_699_117_273_u64.into();
    assert_eq!(identity(&written), identity(&self::written()));
}

#[test]
fn every_member_of_an_identity_may_be_null_or_absent() {
    let mut nulls = written();
    nulls.as_object_mut().expect("an object").values_mut().for_each(|value| *value = Value::Null);
    for written in [nulls, json!({})] {
        let identity = identity(&written);
        assert_eq!((identity.user_id(), identity.provider_name()), (None, None));
        assert_eq!((identity.is_primary(), identity.date_created()), (false, None));
    }
}

#[test]
fn members_of_an_identity_that_nobody_knows_are_ignored() {
    let mut written = written();
    written["new"] = json!([{ "a": 1 }]);
    assert_eq!(identity(&written), identity(&self::written()));
}

#[test]
fn a_person_may_have_several_identities_or_none() {
    let of = |value: Value| identified(|token| token.claim("identities", value)).identities().len();
    assert_eq!(of(json!([written(), written()])), 2);
    assert_eq!(of(json!([])), 0);
}

#[test]
fn a_user_without_a_name_that_is_a_uuid_is_read() {
    for sub in ["google_1234", "a b", "ü", "1"] {
        assert_eq!(read(access().claim("sub", sub)).sub(), sub);
    }
}

#[test]
fn debug_shows_nothing_personal_of_an_access_token() {
    let token = access().claim("sub", "the-sub").claim("username", "secret-name");
    let token = token.groups(["secret-group"]).added_by_trigger("custom:tenant", "secret-tenant");
    let token = token.claim("jti", "secret-jti").claim("device_key", "secret-device");
    let claims = accessed(token);
    let shown = format!("{claims:?} {claims:#?}");
    assert!(shown.contains("the-sub"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn debug_shows_nothing_personal_of_an_id_token() {
    let claims = identified(|token| {
        let token = token.claim("sub", "the-sub").claim("cognito:username", "secret-name");
        let token =
            token.claim("email", "secret@example.com").claim("phone_number", "secret-phone");
        let token = token.claim("nonce", "secret-nonce").claim("name", "secret-name");
        token.claim("identities", json!([{ "userId": "secret-user", "providerName": "Google" }]))
    });
    let shown = format!("{claims:?} {:?} {:?}", claims.identities(), claims.clone());
    assert!(shown.contains("the-sub") && shown.contains("Google"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn debug_of_a_verifier_shows_no_token_that_it_remembers() {
    let token = access().claim("username", "secret-name").sign();
    let verifier = POOL.verifier(CLIENT);
    let claims = verifier.verify_cached(&token).expect("a good token");
    assert_eq!(claims.token_use(), TokenUse::Access);
    let shown = format!("{verifier:?} {claims:?}");
    assert!(token.split('.').all(|part| !shown.contains(part)), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn identities_that_are_null_are_none() {
    let claims = identified(|token| token.claim("identities", Value::Null));
    assert!(claims.identities().is_empty());
}

#[test]
fn the_number_of_a_user_at_a_provider_is_read_as_text() {
    let mut written = written();
    written["userId"] = 1234.into();
    assert_eq!(identity(&written), identity(&self::written()));
}
