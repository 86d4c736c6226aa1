//! Whom a token was made for: its client, and the audience that it is bound to.

use axum_cognito::testing::TestPool;
use axum_cognito::{ClientIds, CognitoVerifier, TokenUse, VerifyError};
use serde_json::json;

use crate::common::refusals::{access_refusal, builder, id, id_refusal, refusal};
use crate::common::tokens::{CLIENT, POOL, access};

#[test]
fn a_client_that_is_only_like_the_configured_one_is_refused() {
    let upper = CLIENT.to_uppercase();
    for client in ["", "client", "client-of-the-tests2", " client-of-the-tests", "*", &upper] {
        let refused = access_refusal(access().client_id(client));
        assert_eq!(refused, Some(VerifyError::Client), "{client}");
        assert_eq!(id_refusal(id().client_id(client)), Some(VerifyError::Client), "{client}");
    }
}

#[test]
fn each_of_several_configured_clients_is_accepted() {
    let two = || {
        let builder = CognitoVerifier::builder().clock(POOL.clock());
        builder.trust(&*POOL, ["first-client", "second-client"])
    };
    assert_eq!(refusal(two(), access().client_id("first-client")), None);
    assert_eq!(refusal(two(), access().client_id("second-client")), None);
    let joined = access().client_id("first-client,second-client");
    assert_eq!(refusal(two(), joined), Some(VerifyError::Client));
}

#[test]
fn any_client_is_accepted_only_when_that_is_said() {
    let any = CognitoVerifier::builder().trust(&*POOL, ClientIds::any()).clock(POOL.clock());
    assert_eq!(refusal(any, access().client_id("whoever")), None);
}

#[test]
fn the_clients_of_one_pool_are_not_those_of_another() {
    let other = TestPool::offline();
    let both = builder().trust(&other, "another-client");
    let token = other.access_token("bob").client_id(CLIENT);
    assert_eq!(refusal(both, token), Some(VerifyError::Client));
}

#[test]
fn a_token_without_client_is_refused() {
    let refused = access_refusal(access().without_claim("client_id"));
    assert_eq!(refused, Some(VerifyError::MissingClaim("client_id")));
    assert_eq!(id_refusal(id().without_claim("aud")), Some(VerifyError::MissingClaim("aud")));
}

#[test]
fn the_client_of_one_kind_of_token_is_not_read_from_the_claim_of_the_other() {
    let token = access().without_claim("client_id").claim("aud", CLIENT);
    assert_eq!(access_refusal(token), Some(VerifyError::MissingClaim("client_id")));
    let token = id().without_claim("aud").claim("client_id", CLIENT);
    assert_eq!(id_refusal(token), Some(VerifyError::MissingClaim("aud")));
}

#[test]
fn the_audience_of_an_id_token_is_one_client_alone() {
    assert_eq!(id_refusal(id().claim("aud", [CLIENT])), None);
    for several in
        [json!([]), json!([CLIENT, "other"]), json!(["other", CLIENT]), json!([CLIENT, CLIENT])]
    {
        let refused = id_refusal(id().claim("aud", &several));
        assert_eq!(refused, Some(VerifyError::Client), "{several}");
    }
}

// RFC 8707.
#[test]
fn a_required_audience_must_be_in_an_access_token() {
    const API: &str = "https://api.example.com";
    let strict = || builder().audience(API);
    for good in [json!(API), json!([API]), json!(["https://other.example.com", API])] {
        assert_eq!(refusal(strict(), access().claim("aud", &good)), None, "{good}");
    }
    for other in [json!(""), json!("https://api.example.com/"), json!([]), json!(["https://api"])] {
        let refused = refusal(strict(), access().claim("aud", &other));
        assert_eq!(refused, Some(VerifyError::Audience), "{other}");
    }
    assert_eq!(refusal(strict(), access()), Some(VerifyError::Audience));
}

#[test]
fn a_required_audience_must_have_its_type() {
    for other in [json!(null), json!(7), json!({}), json!([7]), json!([["https://a"]])] {
        let token = access().claim("aud", &other);
        let refused = refusal(builder().audience("https://a"), token);
        assert_eq!(refused, Some(VerifyError::Payload), "{other}");
    }
}

#[test]
fn the_audience_of_an_access_token_is_not_looked_at_when_none_is_required() {
    for aud in [json!("https://other"), json!(["a", "b"]), json!([]), json!(null), json!(7)] {
        assert_eq!(access_refusal(access().claim("aud", &aud)), None, "{aud}");
    }
}

#[test]
fn a_required_audience_is_not_asked_of_an_id_token() {
    let strict = builder().token_use(TokenUse::Id).audience("https://api.example.com");
    assert_eq!(refusal(strict, id()), None);
}
