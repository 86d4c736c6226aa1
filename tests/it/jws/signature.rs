//! The signature of a token: RSA PKCS #1 v1.5 with SHA-256, over all that stands before it.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use axum_cognito::{CognitoClaims, CognitoVerifier, JwksCache, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::common::parts::parts;
use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

/// A key whose private part is at hand, for signatures of other kinds.
static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"));

/// What a verifier says for which this key is the pool's only one.
fn verdict_of_key(token: &str) -> Result<CognitoClaims, VerifyError> {
    let key = KEY.public_key();
    let n = URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero());
    let jwk = json!({ "kty": "RSA", "kid": "own", "n": n, "e": e });
    let jwks = json!({ "keys": [jwk] }).to_string();
    let keys = JwksCache::builder(POOL.user_pool()).preload(&jwks).build();
    let builder = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    builder.build().expect("settings that can be").verify_cached(token)
}

/// A token whose header says `alg`, signed with this key in this way.
fn sign(alg: &str, padding: &'static dyn RsaEncoding) -> String {
    let [header, payload] = texts(access().header("alg", alg).header("kid", "own"));
    let [header, payload] = [header, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{payload}");
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature)
        .expect("an RSA signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The signature of a token, as bytes.
fn signature(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(parts(token)[2]).expect("a signature in base64url")
}

/// The token with its signature changed.
fn with_signature(token: &str, change: impl Fn(&mut Vec<u8>)) -> String {
    let ([header, payload, _], mut signature) = (parts(token), signature(token));
    change(&mut signature);
    format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_signature_of_rs256_is_accepted() {
    assert!(verdict_of_key(&sign("RS256", &RSA_PKCS1_SHA256)).is_ok());
}

#[test]
fn a_true_signature_of_another_algorithm_is_refused_under_its_own_name() {
    for (alg, padding) in [("PS256", &RSA_PSS_SHA256), ("RS512", &RSA_PKCS1_SHA512)] {
        assert_eq!(
            verdict_of_key(&sign(alg, padding)).err(),
            Some(VerifyError::Algorithm),
            "{alg}"
        );
    }
}

#[test]
fn a_true_signature_of_another_algorithm_is_refused_under_the_name_of_rs256() {
    for padding in [&RSA_PSS_SHA256, &RSA_PKCS1_SHA512] {
        let token = sign("RS256", padding);
        assert_eq!(verdict_of_key(&token).err(), Some(VerifyError::Signature), "{padding:?}");
    }
}

#[test]
fn a_signature_of_another_length_than_the_modulus_is_refused() {
    let changes: [fn(&mut Vec<u8>); 5] = [
        |signature| signature.truncate(1),
        |signature| signature.truncate(255),
        |signature| signature.push(0),
        |signature| signature.insert(0, 0),
        |signature| signature.extend_from_within(..),
    ];
    for change in changes {
        let token = with_signature(&access().sign(), change);
        assert_eq!(verdict(&token).err(), Some(VerifyError::Signature), "{token}");
    }
}

#[test]
fn a_signature_without_its_leading_zero_is_refused() {
    // One signature of 256 begins with a zero.
    let mut tokens = std::iter::repeat_with(|| access().sign());
    let begins_with_zero = |token: &String| signature(token).first() == Some(&0);
    let token = tokens.find(begins_with_zero).expect("endless");
    let shorter = with_signature(&token, |signature| drop(signature.drain(..1)));
    assert_eq!(verdict(&shorter).err(), Some(VerifyError::Signature), "{shorter}");
}

#[test]
fn a_signature_of_nothing_but_zeros_or_ones_is_refused() {
    for byte in [0x00, 0x01, 0xff] {
        let token = with_signature(&access().sign(), |signature| signature.fill(byte));
        assert_eq!(verdict(&token).err(), Some(VerifyError::Signature), "{byte}");
    }
}

#[test]
fn a_changed_bit_in_any_byte_of_the_signature_is_refused() {
    let token = access().sign();
    for index in 0..256 {
        let token = with_signature(&token, |signature| signature[index] ^= 1 << (index % 8));
        assert_eq!(verdict(&token).err(), Some(VerifyError::Signature), "byte {index}");
    }
}

#[test]
fn a_changed_character_anywhere_in_a_token_is_refused() {
    let token = access().sign();
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        // One bit, which makes another letter of a letter, and another sign of a sign.
        bytes[index] ^= 1;
        let token = String::from_utf8(bytes).expect("ASCII as before");
        assert!(verdict(&token).is_err(), "character {index}");
    }
}

#[test]
fn the_signature_of_another_token_is_refused() {
    let (token, other) = (access().sign(), access().sign());
    let [header, payload, _] = parts(&token);
    let token = format!("{header}.{payload}.{}", parts(&other)[2]);
    assert_eq!(verdict(&token).err(), Some(VerifyError::Signature));
}

#[test]
fn the_signature_covers_the_text_and_not_what_it_means() {
    // The same header as JSON, in other bytes.
    let [header, payload] = texts(access());
    let token = POOL.sign(&header, &payload);
    let [_, payload, signature] = parts(&token);
    let header = URL_SAFE_NO_PAD.encode(format!("{header} "));
    let token = format!("{header}.{payload}.{signature}");
    assert_eq!(verdict(&token).err(), Some(VerifyError::Signature));
}

#[test]
fn the_pools_other_key_does_not_verify_the_token() {
    let jwks: serde_json::Value = serde_json::from_str(&POOL.jwks()).expect("a JWKS");
    let kids = jwks["keys"].as_array().expect("keys").iter().map(|key| key["kid"].clone());
    let other = kids.into_iter().find(|kid| *kid != POOL.access_key_id()).expect("two keys");
    let token = access().header("kid", other).sign();
    assert_eq!(verdict(&token).err(), Some(VerifyError::Signature));
}
