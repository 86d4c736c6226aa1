//! The keys of a JWKS: which of them are used, and that a bad one spoils no other.

mod http;
mod set;
mod slow_network;

use axum_cognito::{CognitoVerifier, JwksCache, JwksError, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::common::served::Served;
use crate::common::tokens::{CLIENT, POOL, access};

/// On a paused clock, so that the wait for the next permitted fetch takes no time.
fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a tokio runtime").block_on(future)
}

/// The key of the pool's access tokens, under this id.
fn key(kid: &str) -> Value {
    let set: Value = serde_json::from_str(&POOL.jwks()).expect("a JWKS");
    let keys = set["keys"].as_array().expect("an array of keys");
    let mut key = keys.iter().find(|key| key["kid"] == POOL.access_key_id()).expect("it").clone();
    key["kid"] = kid.into();
    key
}

/// The key `changed`, with this member as it is given.
fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut key = key("changed");
    key[name] = value.into();
    key
}

/// The key `changed`, without this member.
fn without(name: &str) -> Value {
    let mut key = key("changed");
    key.as_object_mut().expect("an object").remove(name);
    key
}

/// A modulus of so many bits: a number that is big and odd, which is all that is looked at.
fn modulus(bits: usize) -> String {
    let mut number = vec![0xff; bits.div_ceil(8)];
    number[0] >>= (8 - bits % 8) % 8;
    URL_SAFE_NO_PAD.encode(number)
}

/// A cache that was given these keys.
fn cache(keys: &[&Value]) -> (JwksCache, Result<(), JwksError>) {
    cache_of(json!({ "keys": keys }).to_string())
}

/// A cache that was given this JWKS.
fn cache_of(jwks: String) -> (JwksCache, Result<(), JwksError>) {
    let cache = JwksCache::builder(POOL.user_pool()).fetcher(Served(jwks.into())).build();
    let cache = cache.expect("settings that can be");
    let fetched = block_on(cache.refresh());
    (cache, fetched)
}

/// What becomes of a token that says it was signed with the key `changed`, which it was.
fn verdict(cache: &JwksCache) -> Result<(), VerifyError> {
    let verifier = CognitoVerifier::builder().trust(cache, CLIENT).build();
    let verifier = verifier.expect("settings that can be");
    block_on(verifier.verify(&access().header("kid", "changed").sign())).map(drop)
}

fn assert_used(key: &Value) {
    let (cache, fetched) = cache(&[key]);
    assert_eq!((fetched, cache.status().key_ids()), (Ok(()), &["changed".to_owned()][..]), "{key}");
}

/// The key is skipped, and it alone.
fn assert_skipped(changed: &Value) {
    let good = key("good");
    for keys in [[changed, &good], [&good, changed]] {
        let (cache, fetched) = cache(&keys);
        assert_eq!(
            (fetched, cache.status().key_ids()),
            (Ok(()), &["good".to_owned()][..]),
            "{changed}"
        );
        assert_eq!(verdict(&cache), Err(VerifyError::UnknownKey), "{changed}");
    }
    assert_eq!(cache(&[changed]).1, Err(JwksError::NoUsableKey), "{changed}");
}

#[test]
fn the_keys_of_cognito_are_used() {
    let (cache, fetched) = cache(&[&key("changed"), &key("another")]);
    assert_eq!(fetched, Ok(()));
    assert_eq!(cache.status().key_ids(), ["another", "changed"]);
    assert_eq!(verdict(&cache), Ok(()));
}

// RFC 7517 §5.
#[test]
fn a_key_of_another_type_is_skipped_alone() {
    for kty in ["EC", "OKP", "oct", "AKP", "rsa", "RSA ", ""] {
        assert_skipped(&with("kty", kty));
    }
    let point = json!({ "kty": "EC", "kid": "changed", "crv": "P-256", "x": "AA", "y": "AA" });
    assert_skipped(&point);
}

#[test]
fn a_key_without_a_member_that_it_needs_is_skipped_alone() {
    for name in ["kty", "kid", "n", "e"] {
        assert_skipped(&without(name));
    }
}

#[test]
fn a_key_with_a_member_of_the_wrong_type_is_skipped_alone() {
    for name in ["kty", "kid", "n", "e", "use", "alg"] {
        for value in [json!(7), json!(true), json!([]), json!({}), json!(["RSA"])] {
            assert_skipped(&with(name, value));
        }
    }
    for value in [json!("verify"), json!(7), json!({}), json!([7]), json!([null])] {
        assert_skipped(&with("key_ops", value));
    }
}

// RFC 7517 §4.
#[test]
fn a_key_with_a_member_that_is_there_twice_is_skipped_alone() {
    let (good, twice) =
        (key("good"), key("changed").to_string().replacen('{', r#"{"use":"sig","#, 1));
    let cache = cache_of(format!(r#"{{"keys":[{twice},{good}]}}"#)).0;
    assert_eq!(cache.status().key_ids(), ["good"]);
}

#[test]
fn a_key_that_is_no_object_is_skipped_alone() {
    for value in [json!(null), json!(7), json!("RSA"), json!([]), json!(["RSA", "changed"])] {
        assert_skipped(&value);
    }
}

#[test]
fn a_number_that_is_not_strict_base64url_is_skipped_alone() {
    let n = key("good")["n"].as_str().expect("a modulus").to_owned();
    let (rest, _) = n.split_at(n.len() - 2);
    for n in [format!("{n}=="), format!("{n}\n"), format!(" {n}"), format!("{rest}+/"), "A".into()]
    {
        assert_skipped(&with("n", n));
    }
    for e in ["AQAB====", "AQA B", "AQ+B", "65537!"] {
        assert_skipped(&with("e", e));
    }
}

// RFC 7517 §4.
#[test]
fn members_that_nobody_knows_are_ignored() {
    for value in [json!(null), json!(7), json!("text"), json!([[]]), json!({ "kty": "EC" })] {
        assert_used(&with("x-unknown", value.clone()));
        assert_used(&with("x5c", value));
    }
}

// RFC 7517 §4.2.
#[test]
fn a_key_for_another_use_than_signatures_is_skipped() {
    for name in ["enc", "SIG", "sig ", "sign", "verify", ""] {
        assert_skipped(&with("use", name));
    }
    assert_used(&without("use"));
}

// RFC 7517 §4.3.
#[test]
fn a_key_that_is_not_to_verify_is_skipped() {
    for operations in [json!([]), json!(["sign"]), json!(["encrypt", "wrapKey"]), json!(["Verify"])]
    {
        assert_skipped(&with("key_ops", operations));
    }
    assert_skipped(&with("key_ops", json!(["verify", "verify"])));
    assert_skipped(&with("key_ops", json!(["verify", "sign", "sign"])));
    assert_used(&with("key_ops", json!(["verify"])));
    assert_used(&with("key_ops", json!(["encrypt", "verify"])));
}

// RFC 7517 §4.4.
#[test]
fn a_key_for_another_algorithm_is_skipped() {
    for alg in ["RS384", "RS512", "PS256", "HS256", "ES256", "RSA-OAEP", "none", "rs256", ""] {
        assert_skipped(&with("alg", alg));
    }
    assert_used(&without("alg"));
}

// RFC 7518 §3.3.
#[test]
fn a_modulus_of_2048_to_4096_bits_is_used() {
    for bits in [2048, 2049, 3072, 4095, 4096] {
        assert_used(&with("n", modulus(bits)));
    }
}

#[test]
fn a_modulus_of_less_than_2048_bits_or_more_than_4096_is_skipped() {
    for bits in [8, 512, 1024, 2040, 2047, 4097, 8192, 16384] {
        assert_skipped(&with("n", modulus(bits)));
    }
    assert_skipped(&with("n", ""));
}

#[test]
fn a_modulus_is_not_made_longer_by_leading_zeros() {
    let padded = |bits: usize, length: usize| {
        let number = URL_SAFE_NO_PAD.decode(modulus(bits)).expect("base64url");
        URL_SAFE_NO_PAD.encode([vec![0; length - number.len()], number].concat())
    };
    assert_skipped(&with("n", padded(1024, 256)));
    assert_used(&with("n", padded(4096, 513)));
}

#[test]
fn an_exponent_that_is_odd_and_more_than_1_is_used() {
    for exponent in [&[3][..], &[17], &[1, 0, 1], &[0, 1, 0, 1]] {
        assert_used(&with("e", URL_SAFE_NO_PAD.encode(exponent)));
    }
}

#[test]
fn an_exponent_of_1_or_an_even_one_is_skipped() {
    for exponent in [&[][..], &[0], &[1], &[0, 0, 1], &[2], &[4], &[1, 0, 0]] {
        assert_skipped(&with("e", URL_SAFE_NO_PAD.encode(exponent)));
    }
}

// RFC 7518 §6.3.2.
#[test]
fn a_private_key_is_skipped() {
    for value in [json!("AQAB"), json!(""), json!(7), json!([])] {
        assert_skipped(&with("d", value));
    }
}

#[test]
fn a_key_with_an_empty_id_is_skipped() {
    assert_skipped(&with("kid", ""));
}

#[test]
fn of_two_keys_with_one_id_the_first_that_can_be_used_verifies() {
    let (first, other, unusable) = (key("changed"), with("n", modulus(2048)), with("use", "enc"));
    assert_eq!(verdict(&cache(&[&first, &other]).0), Ok(()));
    assert_eq!(verdict(&cache(&[&other, &first]).0), Err(VerifyError::Signature));
    assert_eq!(verdict(&cache(&[&unusable, &first]).0), Ok(()));
}

#[test]
fn a_member_that_is_null_is_not_absent() {
    for name in ["use", "key_ops", "alg", "d"] {
        assert_skipped(&with(name, Value::Null));
    }
}
