//! Whom a token was made for: its client, and the audience that it is bound to.

use axum_cognito::testing::TestPool;
use axum_cognito::{ClientIds, CognitoVerifier, TokenUse, VerifyError};
use serde_json::json;

use crate::common::log::Log;
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
        assert_eq!(refused, Some(VerifyError::Payload { claim: Some("aud") }), "{other}");
    }
}

#[test]
fn one_of_several_audiences_is_enough() {
    let strict = || builder().audiences(["https://a.example.com", "https://b.example.com"]);
    for good in [json!("https://a.example.com"), json!(["https://c", "https://b.example.com"])] {
        assert_eq!(refusal(strict(), access().claim("aud", &good)), None, "{good}");
    }
    for other in [json!("https://c.example.com"), json!("https://a.example.com,"), json!(CLIENT)] {
        let refused = refusal(strict(), access().claim("aud", &other));
        assert_eq!(refused, Some(VerifyError::Audience), "{other}");
    }
}

// RFC 7519 §4.1.3.
#[test]
fn an_access_token_for_another_audience_is_refused_where_none_is_required() {
    for aud in [json!("https://other"), json!(["a", "b"]), json!([]), json!(""), json!([""])] {
        let refused = access_refusal(access().claim("aud", &aud));
        assert_eq!(refused, Some(VerifyError::Audience), "{aud}");
    }
    for aud in [json!(7), json!(null), json!({}), json!([7]), json!(true)] {
        let refused = access_refusal(access().claim("aud", &aud));
        assert_eq!(refused, Some(VerifyError::Payload { claim: Some("aud") }), "{aud}");
    }
}

#[test]
fn an_access_token_for_its_own_client_is_accepted_where_no_audience_is_required() {
    for aud in [json!(CLIENT), json!([CLIENT]), json!(["https://other", CLIENT])] {
        assert_eq!(access_refusal(access().claim("aud", &aud)), None, "{aud}");
    }
    let two = CognitoVerifier::builder().trust(&*POOL, ["first", "second"]).clock(POOL.clock());
    let token = access().client_id("first").claim("aud", "second");
    assert_eq!(refusal(two, token), Some(VerifyError::Audience));
}

#[test]
fn any_client_does_not_mean_any_audience() {
    let any = CognitoVerifier::builder().trust(&*POOL, ClientIds::any()).clock(POOL.clock());
    let token = access().claim("aud", "https://other");
    assert_eq!(refusal(any.token_use(TokenUse::Any), token), Some(VerifyError::Audience));
}

#[test]
fn the_log_says_once_which_setting_a_bound_token_needs() {
    let (log, _guard) = Log::start();
    let verifier = builder().build().expect("settings that can be");
    for _ in 0..3 {
        let token = access().claim("aud", "https://secret.example.com").sign();
        assert_eq!(verifier.verify_cached(&token).err(), Some(VerifyError::Audience));
    }
    let text = log.text();
    assert_eq!(text.matches("call `audience` on the builder").count(), 1, "{text}");
    assert!(text.contains("WARN") && !text.contains("secret"), "{text}");
}

#[test]
fn a_machine_needs_no_audience_only_where_that_is_said() {
    let strict = || builder().audience("https://api.example.com");
    let machine = || POOL.machine_token(CLIENT);
    assert_eq!(refusal(strict(), machine()), Some(VerifyError::Audience));
    let lenient = || strict().accept_machine_tokens_without_audience();
    assert_eq!(refusal(lenient(), machine()), None);
    let for_another = machine().claim("aud", "https://other");
    assert_eq!(refusal(lenient(), for_another), Some(VerifyError::Audience));
    assert_eq!(refusal(lenient(), access()), Some(VerifyError::Audience));
    let nobody = access().without_claim("username");
    assert_eq!(refusal(lenient(), nobody), Some(VerifyError::Audience));
    let a_user_of_that_name = access().claim("sub", CLIENT);
    assert_eq!(refusal(lenient(), a_user_of_that_name), Some(VerifyError::Audience));
}
