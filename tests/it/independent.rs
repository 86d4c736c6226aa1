//! Another implementation signs and verifies: `jsonwebtoken`, which shares no code with this crate
//! but the arithmetic of RSA.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use axum_cognito::{CognitoVerifier, JwksCache, TokenUse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::values::json_value;
use crate::common::verdict::verdict;

const KID: &str = "an+independent/kid=";

static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"));

/// The other's signing key, from the same key pair.
fn encoding_key() -> EncodingKey {
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&*KEY).expect("a private key");
    // Behind the 26 bytes that say RSA (RFC 5958) is the key as PKCS #1 has it.
    EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..])
}

/// A verifier that knows the public half.
fn verifier(token_use: TokenUse) -> CognitoVerifier {
    let key = KEY.public_key();
    let number = |number: aws_lc_rs::io::Positive<'_>| {
        URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero())
    };
    let jwk = json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID,
        "n": number(key.modulus()), "e": number(key.exponent()),
    });
    let keys = JwksCache::builder(POOL.user_pool()).preload(&json!({ "keys": [jwk] }).to_string());
    let keys = keys.build().expect("a key");
    let builder = CognitoVerifier::builder().trust(keys, CLIENT).token_use(token_use);
    builder.build().expect("settings that can be")
}

/// What the other says of a token of the pool.
fn others_verdict(token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let keys: JwkSet = serde_json::from_str(&POOL.jwks()).expect("a set that it reads");
    let kid = jsonwebtoken::decode_header(token)?.kid.unwrap_or_default();
    let key = keys.find(&kid).or(keys.keys.first()).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(POOL.user_pool().issuers());
    // Cognito's access tokens have none; what this crate does about it, its own tests hold.
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(key).expect("a key that it reads");
    decode(token, &key, &validation).map(|token| token.claims)
}

#[test]
fn tokens_that_another_implementation_signs_are_accepted() {
    let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::RS256) };
    for (token, token_use) in
        [(access(), TokenUse::Access), (POOL.id_token("alice").client_id(CLIENT), TokenUse::Id)]
    {
        let [_, payload] = texts(token);
        let claims: Value = serde_json::from_str(&payload).expect("JSON");
        let token = encode(&header, &claims, &encoding_key()).expect("it signs");
        let read = verifier(token_use).verify_cached(&token).expect("a good token");
        assert_eq!(read.sub(), claims["sub"].as_str().expect("a subject"));
        let changed = encode(&header, &json!({ "sub": "bob" }), &encoding_key()).expect("it signs");
        let forged = format!(
            "{}.{}",
            &token[..token.rfind('.').expect("a dot")],
            &changed[changed.rfind('.').expect("a dot") + 1..]
        );
        assert!(verifier(token_use).verify_cached(&forged).is_err());
    }
}

#[test]
fn tokens_and_key_sets_of_a_test_pool_are_read_by_another_implementation() {
    for token in [access(), POOL.id_token("alice"), POOL.machine_token(CLIENT)] {
        let [_, payload] = texts(token.clone());
        let written: Value = serde_json::from_str(&payload).expect("JSON");
        assert_eq!(others_verdict(&token.sign()).expect("a good token"), written);
    }
    assert!(others_verdict(&access().expired().sign()).is_err());
}

/// One change of a token's text, or of what was signed.
#[derive(Clone, Debug)]
enum Change {
    /// The character at this place of the token is another one.
    Replace(prop::sample::Index, char),
    Insert(prop::sample::Index, char),
    Remove(prop::sample::Index),
    /// Signed again with this claim.
    Claim(String, Value),
    /// Signed again without this claim.
    WithoutClaim(&'static str),
    /// Signed again with this member of the header, which no standard names.
    Header(String, Value),
}

fn change() -> impl Strategy<Value = Change> {
    const CLAIMS: [&str; 14] = [
        "iss",
        "sub",
        "exp",
        "iat",
        "nbf",
        "aud",
        "token_use",
        "client_id",
        "scope",
        "jti",
        "auth_time",
        "username",
        "cognito:groups",
        "custom:x",
    ];
    let index = any::<prop::sample::Index>();
    let char = || prop::sample::select("abzAZ019-_.=+/ \u{e9}".chars().collect::<Vec<_>>());
    let name = || prop::sample::select(CLAIMS.to_vec());
    prop_oneof![
        (index.clone(), char()).prop_map(|(index, char)| Change::Replace(index, char)),
        (index.clone(), char()).prop_map(|(index, char)| Change::Insert(index, char)),
        index.prop_map(Change::Remove),
        (name(), json_value()).prop_map(|(name, value)| Change::Claim(name.to_owned(), value)),
        name().prop_map(Change::WithoutClaim),
        // The other reads members that it does not know as strings alone.
        ("x-[a-z]{1,8}", ".{0,20}").prop_map(|(name, value)| Change::Header(name, value.into())),
    ]
}

fn changed(change: Change) -> String {
    let token = access().sign();
    let mut chars: Vec<char> = token.chars().collect();
    match change {
        Change::Replace(index, char) => *index.get_mut(&mut chars) = char,
        Change::Insert(index, char) => chars.insert(index.index(chars.len()), char),
        Change::Remove(index) => drop(chars.remove(index.index(chars.len()))),
        Change::Claim(name, value) => return access().claim(&name, value).sign(),
        Change::WithoutClaim(name) => return access().without_claim(name).sign(),
        Change::Header(name, value) => return access().header(&name, value).sign(),
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_change_of_a_good_token_is_accepted_another_implementation_accepts_too(
        change in change(),
    ) {
        let token = changed(change);
        if verdict(&token).is_ok() {
            prop_assert!(others_verdict(&token).is_ok(), "{:?}", others_verdict(&token));
        }
    }
}
