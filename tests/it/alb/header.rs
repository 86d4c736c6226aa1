//! The header of `x-amzn-oidc-data`: which load balancer signed, for which issuer and client.

use std::time::Duration;

use axum_cognito::VerifyError;
use axum_cognito::testing::TestLoadBalancer;
use serde_json::{Value, json};

use crate::common::alb::{CLIENT, LOAD_BALANCER, data, refusal, texts, verdict};
use crate::common::member::with_member;
use crate::common::runtime::block_on;

fn arn() -> String {
    LOAD_BALANCER.load_balancer().arn().to_owned()
}

fn issuer() -> String {
    LOAD_BALANCER.user_pool().issuers()[0].clone()
}

/// Values that are like this one, and are not.
fn like(value: &str) -> Vec<String> {
    vec![
        String::new(),
        format!("{value}/"),
        format!("{value} "),
        format!(" {value}"),
        format!("{value}\0"),
        value.to_uppercase(),
        value[..value.len() - 1].to_owned(),
        value[1..].to_owned(),
        format!("{value},{value}"),
    ]
}

#[test]
fn a_member_that_is_not_there_is_named() {
    for member in ["signer", "iss", "client", "exp"] {
        let refused = refusal(data().without_header(member));
        assert_eq!(refused, Some(VerifyError::MissingHeaderParameter(member)));
    }
    assert_eq!(refusal(data().without_header("kid")), Some(VerifyError::KeyId));
    assert_eq!(refusal(data().without_header("alg")), Some(VerifyError::Algorithm));
}

#[test]
fn a_member_of_another_type_is_refused() {
    for member in ["alg", "kid", "signer", "iss", "client", "cty"] {
        for value in [json!(null), json!(1), json!([arn()]), json!({}), json!(true)] {
            let refused = refusal(data().header(member, &value));
            assert_eq!(refused, Some(VerifyError::Header), "{member} {value}");
        }
    }
}

#[test]
fn every_algorithm_but_es256_is_refused() {
    for alg in [
        "none", "None", "NONE", "HS256", "RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA",
        "es256", "Es256", "ES256 ", " ES256", "ES256\0", "",
    ] {
        assert_eq!(refusal(data().header("alg", alg)), Some(VerifyError::Algorithm), "{alg}");
    }
}

#[test]
fn extensions_are_refused_whatever_they_hold() {
    for name in ["crit", "b64"] {
        for value in [json!(["exp"]), json!([]), json!(null), json!(true), json!(false)] {
            let refused = refusal(data().header(name, &value));
            assert_eq!(refused, Some(VerifyError::Extension), "{name} {value}");
        }
    }
}

#[test]
fn a_token_within_is_refused() {
    for value in ["JWT", "jwt"] {
        assert_eq!(refusal(data().header("cty", value)), Some(VerifyError::Nested));
    }
}

#[test]
fn the_type_is_not_looked_at() {
    for value in [json!("JWT"), json!("x"), json!(1), Value::Null] {
        assert_eq!(refusal(data().header("typ", value)), None);
    }
    assert_eq!(refusal(data().without_header("typ")), None);
}

#[test]
fn a_signer_that_is_only_like_the_trusted_one_is_refused() {
    let last = if arn().ends_with('0') { "1" } else { "0" };
    let other_id = format!("{}{last}", &arn()[..arn().len() - 1]);
    for signer in like(&arn()).into_iter().chain([other_id, "*".to_owned()]) {
        let refused = refusal(data().header("signer", &signer));
        assert_eq!(refused, Some(VerifyError::Signer), "{signer}");
    }
}

#[test]
fn an_issuer_that_is_only_like_the_trusted_one_is_refused() {
    let http = issuer().replace("https://", "http://");
    for issuer in like(&issuer()).into_iter().chain([http]) {
        let refused = refusal(data().header("iss", &issuer));
        assert_eq!(refused, Some(VerifyError::Issuer), "{issuer}");
    }
}

#[test]
fn each_issuer_of_the_pool_is_trusted() {
    for issuer in LOAD_BALANCER.user_pool().issuers() {
        let claims =
            verdict(&data().header("iss", issuer).claim("iss", issuer).sign()).expect("good data");
        assert_eq!(claims.issuer(), issuer);
    }
}

#[test]
fn a_client_that_is_only_like_the_configured_one_is_refused() {
    for client in like(CLIENT) {
        let refused = refusal(data().client_id(&client));
        assert_eq!(refused, Some(VerifyError::Client), "{client}");
    }
}

#[test]
fn what_the_payload_says_of_signer_issuer_and_client_does_not_count() {
    for (member, error) in [
        ("signer", VerifyError::MissingHeaderParameter("signer")),
        ("iss", VerifyError::MissingHeaderParameter("iss")),
        ("client", VerifyError::MissingHeaderParameter("client")),
    ] {
        let value = match member {
            "signer" => arn(),
            "iss" => issuer(),
            _ => CLIENT.to_owned(),
        };
        let refused = refusal(data().without_header(member).claim(member, value));
        assert_eq!(refused, Some(error));
    }
}

#[test]
fn a_date_in_the_header_or_in_the_payload_that_is_past_is_refused() {
    let now = LOAD_BALANCER.clock().now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    for past in [json!(now), json!(now - 1), json!(0), json!(-1), json!(-1e300), json!(now as f64)]
    {
        assert_eq!(refusal(data().header("exp", &past)), Some(VerifyError::Expired), "{past}");
        assert_eq!(refusal(data().claim("exp", &past)), Some(VerifyError::Expired), "{past}");
    }
    assert_eq!(refusal(data().expired()), Some(VerifyError::Expired));
}

#[test]
fn a_date_of_another_type_is_refused() {
    for value in [json!("4000000000"), json!(true), Value::Null, json!([4_000_000_000_u64])] {
        let in_header = refusal(data().header("exp", &value));
        assert_eq!(in_header, Some(VerifyError::Header), "{value}");
        let in_payload = refusal(data().claim("exp", &value));
        assert_eq!(in_payload, Some(VerifyError::Payload { claim: Some("exp") }), "{value}");
    }
}

#[test]
fn the_payload_needs_no_date() {
    assert_eq!(refusal(data().without_claim("exp")), None);
}

#[test]
fn data_expire_with_the_second_of_exp_and_the_leeway() {
    let lenient = LOAD_BALANCER.verifier_builder().trust(LOAD_BALANCER.user_pool(), CLIENT);
    let lenient = lenient.leeway(Duration::from_secs(60)).build().expect("settings that can be");
    let now = LOAD_BALANCER.clock().now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    let of = |exp: u64| data().header("exp", exp).claim("exp", exp).sign();
    assert_eq!(block_on(lenient.verify(&of(now - 30))).map(drop), Ok(()));
    assert_eq!(block_on(lenient.verify(&of(now - 60))).err(), Some(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn the_very_beginning_of_the_second_of_exp_is_too_late() {
    let load_balancer = TestLoadBalancer::offline();
    let since_epoch = || load_balancer.clock().now().duration_since(std::time::UNIX_EPOCH);
    let now = since_epoch().expect("after 1970");
    let exp = now.as_secs() + 60;
    let data = load_balancer.token("alice").client_id(CLIENT).header("exp", exp);
    let (data, verifier) = (data.sign(), load_balancer.verifier(CLIENT));
    let nanosecond = Duration::from_nanos(1);
    tokio::time::advance(Duration::from_secs(exp) - now - nanosecond).await;
    assert_eq!(verifier.verify(&data).await.map(drop), Ok(()));
    tokio::time::advance(nanosecond).await;
    assert_eq!(since_epoch().expect("after 1970"), Duration::from_secs(exp));
    assert_eq!(verifier.verify(&data).await.err(), Some(VerifyError::Expired));
}

#[test]
fn a_key_id_that_is_no_canonical_uuid_is_refused_and_asks_for_nothing() {
    let good = LOAD_BALANCER.key_id();
    assert_eq!(refusal(data()), None);
    let requests = LOAD_BALANCER.key_requests();
    for kid in [
        String::new(),
        "../../x".to_owned(),
        "..".to_owned(),
        good.to_uppercase(),
        good.replace('-', ""),
        format!("{{{good}}}"),
        format!("urn:uuid:{good}"),
        format!("{good}/"),
        format!("/{good}"),
        format!("{good}?x"),
        format!("{good}%2f"),
        format!("{good}\n"),
        format!(" {good}"),
        good[1..].to_owned(),
        format!("{}\u{ff10}", &good[..33]),
        format!("../{}", &good[3..]),
        "https://attacker.example/key-of-that-len".to_owned(),
    ] {
        assert_eq!(refusal(data().header("kid", &kid)), Some(VerifyError::KeyId), "{kid}");
    }
    assert_eq!(LOAD_BALANCER.key_requests(), requests);
}

#[test]
fn other_members_of_the_header_are_not_looked_at() {
    let [header, payload] = texts(data());
    for member in [r#""jku":"https://attacker.example""#, r#""jwk":{}"#, r#""x5u":1,"x5u":2"#] {
        let data = LOAD_BALANCER.sign(&with_member(&header, member), &payload);
        assert_eq!(verdict(&data).err(), None, "{member}");
    }
}
