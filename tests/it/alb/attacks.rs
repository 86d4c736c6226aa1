//! Attacks on `x-amzn-oidc-data`, from whoever has an AWS account or the public key.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use axum_cognito::VerifyError;
use axum_cognito::testing::{TestLoadBalancer, TestPool};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::json;

use crate::common::alb::{CLIENT, LOAD_BALANCER, data, texts, verdict};
use crate::common::parts::parts;
use crate::common::runtime::block_on;

/// Another account's.
static MALLORY: LazyLock<TestLoadBalancer> = LazyLock::new(TestLoadBalancer::offline);

/// "ALBeast": all that the other account can choose is as ours, issuer and client too.
fn from_another_account() -> String {
    let issuer = LOAD_BALANCER.user_pool().issuers()[0].clone();
    let data = MALLORY.token("alice").client_id(CLIENT);
    data.header("iss", &issuer).claim("iss", &issuer).sign()
}

#[test]
fn data_that_another_accounts_load_balancer_signed_are_refused() {
    // Its key is cached from here on, so no test beside this one fetches it.
    assert!(verdict(&data().sign()).is_ok());
    let before = (LOAD_BALANCER.key_requests(), MALLORY.key_requests());
    assert_eq!(verdict(&from_another_account()).err(), Some(VerifyError::Signer));
    assert_eq!((LOAD_BALANCER.key_requests(), MALLORY.key_requests()), before);
    // They are good where that load balancer is trusted with our issuer: the signer alone tells.
    let theirs = MALLORY.verifier_builder().trust(LOAD_BALANCER.user_pool(), CLIENT);
    let theirs = theirs.build().expect("settings that can be");
    assert!(block_on(theirs.verify(&from_another_account())).is_ok());
}

#[test]
fn our_signer_under_another_load_balancers_key_is_refused() {
    let refused = verdict(&data().signed_by(&MALLORY).sign()).err();
    assert_eq!(refused, Some(VerifyError::Signature));
}

#[test]
fn the_key_of_one_load_balancer_verifies_nothing_of_another() {
    let both = TestLoadBalancer::offline();
    // Both are trusted; what names the one under the key id of the other is that one's no more.
    let verifier = both.verifier(CLIENT);
    assert!(block_on(verifier.verify(&both.token("a").client_id(CLIENT).sign())).is_ok());
    let forged = both.token("a").client_id(CLIENT).header("kid", MALLORY.key_id());
    let refused = block_on(verifier.verify(&forged.signed_by(&MALLORY).sign())).err();
    assert!(
        matches!(refused, Some(VerifyError::KeysUnavailable { .. } | VerifyError::UnknownKey)),
        "{refused:?}"
    );
}

#[test]
fn an_hmac_with_the_public_key_is_refused() {
    let pem = LOAD_BALANCER.public_key_pem();
    for alg in ["HS256", "ES256"] {
        let [header, payload] = texts(data().header("alg", alg));
        let signing_input = [&header, &payload].map(|text| URL_SAFE.encode(text)).join(".");
        let key = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
        let tag = hmac::sign(&key, signing_input.as_bytes());
        let refused = verdict(&format!("{signing_input}.{}", URL_SAFE.encode(tag))).err();
        let expected = if alg == "HS256" { VerifyError::Algorithm } else { VerifyError::Signature };
        assert_eq!(refused, Some(expected));
    }
}

#[test]
fn data_without_a_signature_are_refused() {
    for alg in ["none", "ES256"] {
        let data = data().header("alg", alg).sign();
        let [header, payload, _] = parts(&data);
        assert!(verdict(&format!("{header}.{payload}.")).is_err());
        assert!(verdict(&format!("{header}.{payload}")).is_err());
        assert!(verdict(&format!("{header}.{payload}.AA==")).is_err());
    }
}

#[test]
fn a_token_of_the_user_pool_itself_is_refused() {
    let pool = TestPool::offline();
    for token in [pool.access_token("alice").sign(), pool.id_token("alice").sign()] {
        let refused = verdict(&token).err();
        assert!(
            matches!(refused, Some(VerifyError::Algorithm | VerifyError::Base64)),
            "{refused:?}"
        );
    }
}

#[test]
fn a_signature_in_der_is_refused() {
    let data = data().sign();
    let (signed, signature) = data.rsplit_once('.').expect("a signature");
    let fixed = URL_SAFE.decode(signature).expect("base64url");
    // A sequence of two integers (RFC 3279 §2.2.3), each with a byte for its sign.
    let integer = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let (r, s) = fixed.split_at(32);
    let der = [vec![0x30, 70], integer(r), integer(s)].concat();
    let refused = verdict(&format!("{signed}.{}", URL_SAFE.encode(der))).err();
    assert_eq!(refused, Some(VerifyError::Signature));
}

#[test]
fn a_signature_of_another_length_or_of_zeros_is_refused() {
    let data = data().sign();
    let (signed, signature) = data.rsplit_once('.').expect("a signature");
    let fixed = URL_SAFE.decode(signature).expect("base64url");
    let longer = [&fixed[..], &[0]].concat();
    for other in [&fixed[..63], &longer, &[0; 64], &[0xff; 64], &[0; 1]] {
        let refused = verdict(&format!("{signed}.{}", URL_SAFE.encode(other))).err();
        assert_eq!(refused, Some(VerifyError::Signature), "{other:?}");
    }
}

#[test]
fn a_changed_bit_in_any_byte_of_the_signature_is_refused() {
    let data = data().sign();
    let (signed, signature) = data.rsplit_once('.').expect("a signature");
    let fixed = URL_SAFE.decode(signature).expect("base64url");
    for index in 0..fixed.len() {
        let mut changed = fixed.clone();
        changed[index] ^= 1 << (index % 8);
        let refused = verdict(&format!("{signed}.{}", URL_SAFE.encode(changed))).err();
        assert_eq!(refused, Some(VerifyError::Signature), "{index}");
    }
}

#[test]
fn a_key_in_the_header_verifies_nothing() {
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    let data = data().header("jwk", jwk).header("x5c", ["AA"]).signed_by(&MALLORY).sign();
    assert_eq!(verdict(&data).err(), Some(VerifyError::Signature));
}
