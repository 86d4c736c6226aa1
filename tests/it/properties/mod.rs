//! Properties of hostile input: whatever comes, nothing panics and nothing is let in.

mod good;

use std::sync::LazyLock;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoLayer, CognitoVerifier, JwksCache, JwksError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::member::with_member;
use crate::common::parts::parts;
use crate::common::runtime::block_on;
use crate::common::send;
use crate::common::served::Served;
use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::values::json_value;
use crate::common::verdict::verdict;

/// A good token, the same for all cases.
static GOOD: LazyLock<String> = LazyLock::new(|| access().sign());

/// So many cases; what fails is printed, not kept in a file.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any bytes, also those that look like something.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        any::<String>().prop_map(String::into_bytes),
        "[A-Za-z0-9_.-]{0,400}".prop_map(String::into_bytes),
        "[\\[\\]{}\":,a-z0-9 \\\\]{0,200}".prop_map(String::into_bytes),
    ]
}

/// Any text that may stand in the place of a part: raw, or bytes in base64url.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        bytes().prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
        json_value().prop_map(|json| URL_SAFE_NO_PAD.encode(json.to_string())),
    ]
}

/// How a request with this value of `Authorization` is answered; `None` if it cannot be sent.
fn status(authorization: &[u8]) -> Option<StatusCode> {
    HeaderValue::from_bytes(authorization).ok()?;
    let layer = CognitoLayer::new(POOL.verifier(CLIENT));
    let router = Router::new().route("/", get(|| async { "in" })).layer(layer);
    Some(block_on(send::get(router, &[("authorization", authorization)])).status())
}

/// Whether a request with this value of `Authorization` is refused for what it sent.
fn is_refused(authorization: &[u8]) -> bool {
    let refusals = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED];
    status(authorization).is_none_or(|status| refusals.contains(&status))
}

/// A cache with the pool's keys that is then given this JWKS.
fn fetch(body: Vec<u8>) -> (JwksCache, Result<(), JwksError>) {
    let builder = JwksCache::builder(POOL.user_pool()).preload(&POOL.jwks());
    let cache = builder.fetcher(Served(body)).build().expect("settings that can be");
    let fetched = block_on(cache.refresh());
    (cache, fetched)
}

/// Whether the verifier with these keys accepts a token.
fn accepts(keys: &JwksCache, token: &str) -> bool {
    let verifier = CognitoVerifier::builder().trust(keys, CLIENT).build();
    verifier.expect("settings that can be").verify_cached(token).is_ok()
}

#[test]
fn the_good_token_is_let_in() {
    assert_eq!(status(format!("Bearer {}", *GOOD).as_bytes()), Some(StatusCode::OK));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_bytes_as_authorization_are_let_in(
        value in bytes(),
        scheme in "(Bearer |bearer  |Basic )?",
    ) {
        prop_assert!(is_refused(&[scheme.as_bytes(), &value].concat()));
    }

    #[test]
    fn no_text_is_a_good_token(token in bytes()) {
        prop_assert!(verdict(&String::from_utf8_lossy(&token)).is_err());
    }

    #[test]
    fn no_other_part_fits_into_a_token(index in 0_usize..3, other in part()) {
        let mut parts = parts(&GOOD);
        prop_assume!(parts[index] != other);
        parts[index] = &other;
        prop_assert!(verdict(&parts.join(".")).is_err());
    }

    #[test]
    fn no_three_parts_are_a_good_token(parts in [part(), part(), part()]) {
        prop_assert!(verdict(&parts.join(".")).is_err());
    }

    #[test]
    fn no_bytes_are_a_jwks(body in bytes()) {
        let (cache, fetched) = fetch(body);
        prop_assert!(fetched.is_err());
        prop_assert!(accepts(&cache, &GOOD), "the keys at hand should stay");
    }

    #[test]
    fn a_changed_jwks_lets_no_forgery_in(
        at in any::<prop::sample::Index>(),
        change in bytes(),
        length in 0_usize..20,
    ) {
        static ATTACKER: LazyLock<TestPool> = LazyLock::new(TestPool::offline);
        let mut body = POOL.jwks().into_bytes();
        let start = at.index(body.len());
        body.splice(start..(start + length).min(body.len()), change);
        let (cache, _) = fetch(body);
        prop_assert!(!accepts(&cache, &access().signed_by(&ATTACKER).sign()));
    }
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn no_single_changed_bit_leaves_a_token_good(at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut token = GOOD.clone().into_bytes();
        token[at.index(GOOD.len())] ^= 1_u8 << bit;
        prop_assert!(is_refused(&[b"Bearer ", &token[..]].concat()));
        if let Ok(token) = String::from_utf8(token) {
            prop_assert!(verdict(&token).is_err());
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_value_in_any_claim_of_a_signed_token_is_judged(
        name in claim_name(),
        value in json_value(),
    ) {
        if let Ok(claims) = verdict(&access().claim(&name, &value).sign()) {
            // Whatever was accepted can be shown and read.
            let shown = format!("{claims:?} {:?}", claims.expires_at());
            prop_assert!(shown.starts_with("Access"));
            let expected = Some(value).filter(|value| !value.is_null());
            prop_assert_eq!(claims.claim::<Value>(&name), Ok(expected));
        }
    }

    #[test]
    fn any_value_in_any_member_of_a_signed_header_is_judged(
        name in header_name(),
        value in json_value(),
    ) {
        let refused = verdict(&access().header(&name, &value).sign()).is_err();
        let decides = ["alg", "kid", "crit", "b64"].contains(&name.as_str());
        prop_assert!(refused || !decides);
    }

    #[test]
    fn any_signed_text_is_judged(header in bytes(), payload in bytes()) {
        let header = String::from_utf8_lossy(&header);
        let payload = String::from_utf8_lossy(&payload);
        prop_assert!(verdict(&POOL.sign(&header, &payload)).is_err());
        let [good_header, good_payload] = texts(access());
        prop_assert!(verdict(&POOL.sign(&good_header, &payload)).is_err());
        prop_assert!(verdict(&POOL.sign(&header, &good_payload)).is_err());
        // In front of good members: accepted or not, but judged.
        let _ = verdict(&POOL.sign(&good_header, &with_member(&good_payload, &payload)));
    }
}

/// The name of a claim, of those that are read and others.
fn claim_name() -> impl Strategy<Value = String> {
    let known = "iss token_use sub exp iat nbf auth_time jti origin_jti event_id cognito:groups \
                 client_id username scope aud email identities";
    let known = known.split(' ').collect::<Vec<_>>();
    prop_oneof![prop::sample::select(known).prop_map(str::to_owned), any::<String>()]
}

/// The name of a member of the header, of those that are read and others.
fn header_name() -> impl Strategy<Value = String> {
    let known = vec!["alg", "kid", "crit", "b64", "cty", "typ", "jwk", "jku", "x5c"];
    prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "[a-z]{0,9}"]
}
