//! Attacks on the choice of key and algorithm, each of which opened another library.

mod certificate;
mod memory;
mod text;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

/// The attacker's own keys.
static ATTACKER: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// The public key of a pool's access tokens, as in its JWKS.
fn jwk(pool: &TestPool) -> Value {
    let set: Value = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let keys = set["keys"].as_array().expect("an array of keys");
    keys.iter().find(|key| key["kid"] == pool.access_key_id()).expect("the key").clone()
}

/// A number of the pool's public key, big-endian.
fn number(name: &str) -> Vec<u8> {
    let number = jwk(&POOL)[name].as_str().expect("a number in base64url").to_owned();
    URL_SAFE_NO_PAD.decode(number).expect("base64url")
}

/// The pool's public key as a SubjectPublicKeyInfo (RFC 5280 §4.1).
fn spki() -> Vec<u8> {
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let der: PublicKeyX509Der<'_> = key.as_der().expect("an RSA key");
    der.as_ref().to_vec()
}

/// The pool's public key as an RSAPublicKey (RFC 8017 §A.1.1): what a SubjectPublicKeyInfo wraps.
fn pkcs1() -> Vec<u8> {
    let spki = spki();
    let start = spki.windows(2).rposition(|pair| pair == [0x30, 0x82]).expect("a sequence");
    spki[start..].to_vec()
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A token that says `alg`, with an HMAC under this key.
fn with_hmac(alg: &str, key: &[u8]) -> String {
    let [header, payload] = texts(access().header("alg", alg));
    let [header, payload] = [header, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{payload}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn assert_hmac_is_refused(key: impl AsRef<[u8]>) {
    let own_name = verdict(&with_hmac("HS256", key.as_ref()));
    assert_eq!(own_name.err(), Some(VerifyError::Algorithm));
    let other_name = verdict(&with_hmac("RS256", key.as_ref()));
    assert_eq!(other_name.err(), Some(VerifyError::Signature));
}

/// A verifier whose pool has these keys, all of which it holds already.
fn verifier_with(keys: &[Value]) -> CognitoVerifier {
    let jwks = json!({ "keys": keys }).to_string();
    let keys = JwksCache::builder(POOL.user_pool()).preload(&jwks).build();
    let builder = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    builder.build().expect("settings that can be")
}

// CVE-2015-9235, CVE-2022-29217.
#[test]
fn an_hmac_with_the_public_key_as_pem_is_refused() {
    for pem in [pem("PUBLIC KEY", &spki()), pem("RSA PUBLIC KEY", &pkcs1())] {
        assert_hmac_is_refused(&pem);
        assert_hmac_is_refused(pem.trim_end());
        assert_hmac_is_refused(pem.replace('\n', "\r\n"));
    }
}

// CVE-2015-9235, CVE-2022-29217.
#[test]
fn an_hmac_with_the_public_key_as_der_is_refused() {
    assert_hmac_is_refused(spki());
    assert_hmac_is_refused(pkcs1());
}

// CVE-2015-9235, CVE-2022-29217.
#[test]
fn an_hmac_with_the_public_key_as_jwk_is_refused() {
    assert_hmac_is_refused(jwk(&POOL).to_string());
    assert_hmac_is_refused(POOL.jwks());
}

// CVE-2015-9235, CVE-2022-29217.
#[test]
fn an_hmac_with_the_modulus_is_refused() {
    assert_hmac_is_refused(number("n"));
    assert_hmac_is_refused(jwk(&POOL)["n"].as_str().expect("a modulus"));
}

// CVE-2015-9235.
#[test]
fn an_hmac_with_an_empty_key_is_refused() {
    assert_hmac_is_refused("");
}

// CVE-2015-9235.
#[test]
fn a_token_that_says_it_needs_no_signature_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        let [header, payload] = texts(access().header("alg", alg));
        let [header, payload] = [header, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
        let unsigned = verdict(&format!("{header}.{payload}."));
        assert_eq!(unsigned.err(), Some(VerifyError::Base64), "{alg}");
        let with_any = verdict(&format!("{header}.{payload}.AA"));
        assert_eq!(with_any.err(), Some(VerifyError::Algorithm), "{alg}");
    }
}

// CVE-2018-0114.
#[test]
fn a_key_in_the_header_verifies_nothing() {
    let forged = || access().signed_by(&ATTACKER).header("jwk", jwk(&ATTACKER));
    assert_eq!(verdict(&forged().sign()).err(), Some(VerifyError::Signature));
    let named = forged().header("kid", ATTACKER.access_key_id()).sign();
    assert_eq!(verdict(&named).err(), Some(VerifyError::UnknownKey));
    let unnamed = forged().without_header("kid").sign();
    assert_eq!(verdict(&unnamed).err(), Some(VerifyError::KeyId));
}

// RFC 8725 §3.10.
#[test]
fn an_address_in_the_header_is_never_visited() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    let url = format!("http://{}/jwks.json", listener.local_addr().expect("an address"));
    for name in ["jku", "x5u", "kid", "iss", "url"] {
        let forged = access().signed_by(&ATTACKER).header(name, &url).sign();
        assert!(verdict(&forged).is_err(), "{name}");
        let visit = listener.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(visit, Err(ErrorKind::WouldBlock), "{name}");
    }
}

#[test]
fn keys_and_addresses_in_the_header_of_a_good_token_are_ignored() {
    let url = "https://evil.example/keys";
    let token = access().header("jwk", jwk(&ATTACKER)).header("jku", url).header("x5u", url);
    assert!(verdict(&token.header("x5c", ["AA"]).header("x5t", 7).sign()).is_ok());
}

// CVE-2026-22817, CVE-2026-22818.
#[test]
fn a_key_without_an_algorithm_does_not_take_the_one_of_the_token() {
    let mut key = jwk(&POOL);
    key.as_object_mut().expect("an object").remove("alg");
    let verifier = verifier_with(&[key.clone()]);
    assert!(verifier.verify_cached(&access().sign()).is_ok());
    for secret in [key.to_string(), pem("PUBLIC KEY", &spki())] {
        let forged = with_hmac("HS256", secret.as_bytes());
        assert_eq!(verifier.verify_cached(&forged).err(), Some(VerifyError::Algorithm));
    }
}

#[test]
fn a_shared_secret_among_the_keys_verifies_nothing() {
    let kid = POOL.access_key_id();
    let secret = json!({ "kty": "oct", "kid": kid, "alg": "HS256", "k": "c2VjcmV0" });
    let verifier = verifier_with(&[secret, jwk(&POOL)]);
    let forged = with_hmac("HS256", b"secret");
    assert_eq!(verifier.verify_cached(&forged).err(), Some(VerifyError::Algorithm));
}
