//! An attacker's own certificate in the header of a token (CVE-2018-0114, RFC 7515 §4.1.6 to §4.1.8).

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum_cognito::testing::TestToken;
use axum_cognito::{CognitoVerifier, JwksCache, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

/// The attacker's own key.
static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"));

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// sha256WithRSAEncryption (RFC 4055 §5), with its parameters.
const ALGORITHM: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
/// commonName (RFC 5280 §A.1).
const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";

/// A signature by the attacker's key (RFC 7518 §3.3).
fn signature(message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .expect("an RSA signature");
    signature
}

/// One element of DER (X.690 §8.1), of less than 64 KiB.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let [high, low] = u16::try_from(contents.len()).expect("a short element").to_be_bytes();
    let length = match (high, low) {
        (0, ..0x80) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, contents].concat()
}

/// The attacker's certificate, which its own key signed (RFC 5280 §4.1).
fn certificate() -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[ALGORITHM]);
    let common_name = der(SEQUENCE, &[COMMON_NAME, &der(0x0c, &[b"pool"])]);
    let name = der(SEQUENCE, &[&der(SET, &[&common_name])]);
    let dates: [&[u8]; 2] = [b"200101000000Z", b"491231235959Z"];
    let validity = der(SEQUENCE, &[&der(0x17, &dates[..1]), &der(0x17, &dates[1..])]);
    let spki: PublicKeyX509Der<'_> = KEY.public_key().as_der().expect("a public key");
    let serial = der(0x02, &[&[1]]);
    let signed = der(SEQUENCE, &[&serial, &algorithm, &name, &validity, &name, spki.as_ref()]);
    let signature = der(0x03, &[&[0], &signature(&signed)]);
    der(SEQUENCE, &[&signed, &algorithm, &signature])
}

/// What tells of the certificate in a header: itself, and its thumbprints.
fn members() -> [(&'static str, Value); 3] {
    let certificate = certificate();
    let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest(algorithm, &certificate));
    [
        ("x5c", json!([STANDARD.encode(&certificate)])),
        ("x5t", json!(thumbprint(&SHA1_FOR_LEGACY_USE_ONLY))),
        ("x5t#S256", json!(thumbprint(&SHA256))),
    ]
}

/// The token, signed with the key of the certificate.
fn signed(token: TestToken) -> String {
    let [header, payload] = texts(token).map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(signature(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A verifier that takes the key of the certificate for the pool's.
fn deceived() -> CognitoVerifier {
    let key = KEY.public_key();
    let n = URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero());
    let jwk = json!({ "kty": "RSA", "kid": POOL.access_key_id(), "n": n, "e": e });
    let jwks = json!({ "keys": [jwk] }).to_string();
    let keys = JwksCache::builder(POOL.user_pool()).preload(&jwks).build();
    let builder = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    builder.build().expect("settings that can be")
}

#[test]
fn a_certificate_in_the_header_verifies_nothing() {
    for (name, value) in members() {
        let forged = signed(access().header(name, value));
        assert_eq!(verdict(&forged).err(), Some(VerifyError::Signature), "{name}");
    }
}

#[test]
fn a_certificate_in_the_header_stands_in_for_no_key_id() {
    for (name, value) in members() {
        let unnamed = access().without_header("kid").header(name, &value);
        assert_eq!(verdict(&signed(unnamed)).err(), Some(VerifyError::KeyId), "{name}");
        let thumbprint = access().header("kid", &members()[2].1).header(name, &value);
        assert_eq!(verdict(&signed(thumbprint)).err(), Some(VerifyError::UnknownKey), "{name}");
    }
}

#[test]
fn whoever_believed_the_certificate_would_let_its_tokens_in() {
    let verifier = deceived();
    for (name, value) in members() {
        let forged = signed(access().header(name, value));
        assert!(verifier.verify_cached(&forged).is_ok(), "{name}");
    }
}
