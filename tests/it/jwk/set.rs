//! A JWKS as a whole: what is none is a failed fetch, and the keys at hand stay.

use axum_cognito::{
    CognitoVerifier, ConfigError, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse,
};
use serde_json::{Value, json};

use crate::common::runtime::block_on;
use crate::common::served::Served;
use crate::common::tokens::{CLIENT, POOL, access};

const MAX_BYTES: usize = 64 * 1024;

/// How a fetch with this body ends, for a cache that has the pool's keys already and keeps them.
fn fetch(body: impl Into<Vec<u8>>) -> Result<(), JwksError> {
    let builder = JwksCache::builder(POOL.user_pool()).preload(&POOL.jwks());
    let cache = builder.fetcher(Served(body.into())).build().expect("settings that can be");
    let fetched = block_on(cache.refresh());
    let verifier = CognitoVerifier::builder().trust(&cache, CLIENT).build();
    let verifier = verifier.expect("settings that can be");
    assert!(verifier.verify_cached(&access().sign()).is_ok(), "the keys at hand should stay");
    assert_eq!(cache.status().last_error(), fetched.as_ref().err());
    fetched
}

/// The pool's keys, as JSON.
fn keys() -> Value {
    serde_json::from_str::<Value>(&POOL.jwks()).expect("a JWKS")["keys"].take()
}

/// The pool's JWKS with so many keys: those of the pool, and others of no use.
fn jwks_of(count: usize) -> String {
    let mut keys = keys();
    let list = keys.as_array_mut().expect("an array");
    list.resize(count, json!({ "kty": "oct", "k": "AA" }));
    json!({ "keys": keys }).to_string()
}

/// The pool's JWKS in so many bytes.
fn jwks_in(bytes: usize) -> String {
    let jwks = POOL.jwks();
    format!("{jwks}{}", " ".repeat(bytes - jwks.len()))
}

#[test]
fn the_pools_jwks_is_read() {
    assert_eq!(fetch(POOL.jwks()), Ok(()));
}

// RFC 7517 §5.
#[test]
fn members_of_the_set_that_nobody_knows_are_ignored() {
    let set = json!({ "x": [{ "kty": "EC" }], "keys": keys(), "kid": 7, "y": null });
    assert_eq!(fetch(set.to_string()), Ok(()));
}

#[test]
fn what_is_no_object_with_an_array_of_keys_is_no_jwks() {
    for set in [
        json!(null),
        json!([]),
        json!("keys"),
        keys(),
        json!([keys()]),
        json!({}),
        json!({ "keys": null }),
        json!({ "keys": {} }),
        json!({ "keys": keys().to_string() }),
        json!({ "Keys": keys() }),
        json!({ "keys": { "keys": keys() } }),
        keys()[0].clone(),
    ] {
        assert!(matches!(fetch(set.to_string()), Err(JwksError::Malformed { .. })), "{set}");
    }
}

#[test]
fn a_text_that_is_not_json_is_no_jwks() {
    let jwks = POOL.jwks();
    for text in [
        String::new(),
        "<!DOCTYPE html><html><body>It works!</body></html>".to_owned(),
        jwks[..jwks.len() / 2].to_owned(),
        jwks[..jwks.len() - 1].to_owned(),
        format!("{jwks}{jwks}"),
        format!("{jwks}x"),
        format!("{jwks}\u{feff}"),
        format!("callback({jwks})"),
        jwks.replacen('{', r#"{"keys":[],"#, 1),
    ] {
        assert!(matches!(fetch(text.clone()), Err(JwksError::Malformed { .. })), "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_no_jwks() {
    let mut body = POOL.jwks().into_bytes();
    body.insert(1, 0xff);
    assert!(matches!(fetch(body), Err(JwksError::Malformed { .. })));
    let utf_16 = POOL.jwks().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    assert!(matches!(fetch(utf_16), Err(JwksError::Malformed { .. })));
}

#[test]
fn a_set_without_a_usable_key_is_a_failed_fetch() {
    for keys in [json!([]), json!([null]), json!([{ "kty": "oct", "kid": "k", "k": "AA" }])] {
        let set = json!({ "keys": keys });
        assert_eq!(fetch(set.to_string()), Err(JwksError::NoUsableKey), "{set}");
    }
}

#[test]
fn a_jwks_of_64_kib_is_read_and_one_byte_more_is_not() {
    assert_eq!(fetch(jwks_in(MAX_BYTES)), Ok(()));
    assert_eq!(fetch(jwks_in(MAX_BYTES + 1)), Err(JwksError::TooLong));
}

#[test]
fn a_jwks_of_64_keys_is_read_and_one_key_more_is_not() {
    assert_eq!(fetch(jwks_of(64)), Ok(()));
    assert_eq!(fetch(jwks_of(65)), Err(JwksError::TooManyKeys));
}

#[test]
fn preloaded_keys_are_read_as_strictly() {
    let error = |jwks: &str| {
        let reason = match JwksCache::builder(POOL.user_pool()).preload(jwks).build() {
            Err(ConfigError::Preload { reason }) => Some(reason),
            Ok(_) | Err(_) => None,
        };
        reason.expect("an error of the preloaded keys")
    };
    assert!(matches!(error("<html>"), JwksError::Malformed { .. }));
    assert_eq!(error(r#"{"keys":[]}"#), JwksError::NoUsableKey);
    assert_eq!(error(&jwks_in(MAX_BYTES + 1)), JwksError::TooLong);
    assert_eq!(error(&jwks_of(65)), JwksError::TooManyKeys);
}

#[test]
fn an_answer_that_nothing_changed_is_a_failed_fetch_when_there_are_no_keys() {
    struct NotModified;
    impl FetchJwks for NotModified {
        async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
            Ok(JwksResponse::not_modified())
        }
    }
    let cache = JwksCache::builder(POOL.user_pool()).fetcher(NotModified).build();
    let fetched = block_on(cache.expect("settings that can be").refresh());
    assert_eq!(fetched, Err(JwksError::Status(304)));
}

#[test]
fn a_set_that_begins_with_a_byte_order_mark_is_read() {
    let marked = format!("\u{feff}{}", POOL.jwks());
    assert_eq!(fetch(marked.clone()), Ok(()));
    assert!(JwksCache::builder(POOL.user_pool()).preload(&marked).build().is_ok());
    assert!(fetch(format!("\u{feff}{marked}")).is_err());
}

#[test]
fn the_error_says_where_a_set_cannot_be_read() {
    for (text, line, column) in [
        (&b"{\n  \"keys\": [,"[..], 2, 12),
        (b"\n\n  <html>", 3, 3),
        (b"", 1, 1),
        (b"{\n\"keys\":\"\xff\"", 2, 9),
    ] {
        let error = fetch(text.to_vec()).expect_err("no set");
        assert_eq!(error, JwksError::Malformed { line, column });
        assert!(error.to_string().contains(&format!("line {line}, column {column}")), "{error}");
    }
}
