//! Attacks with the text of a token: what one reader takes for another thing than the next.

use axum_cognito::{JwksCache, JwksError, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::common::member::with_member;
use crate::common::parts::parts;
use crate::common::runtime::block_on;
use crate::common::served::Served;
use crate::common::texts::texts;
use crate::common::tokens::{POOL, access};
use crate::common::verdict::verdict;

/// An array in an array in an array, so many times.
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

/// A good token with one more member in its payload, as it is written.
fn with_claim(member: &str) -> String {
    let [header, payload] = texts(access());
    POOL.sign(&header, &with_member(&payload, member))
}

// CVE-2026-25537.
#[test]
fn a_date_of_another_type_is_refused_and_not_passed_over() {
    for (name, value) in [
        ("exp", json!("1000000000")),
        ("exp", json!(["1000000000"])),
        ("exp", json!(false)),
        ("nbf", json!("4000000000")),
        ("nbf", json!({ "seconds": 4_000_000_000_u64 })),
        ("iat", json!("4000000000")),
    ] {
        let token = access().claim(name, &value).sign();
        assert_eq!(
            verdict(&token).err(),
            Some(VerifyError::Payload { claim: Some(name) }),
            "{name}: {value}"
        );
    }
}

// CVE-2024-53861.
#[test]
fn no_part_of_the_issuer_is_the_issuer() {
    let issuer = POOL.user_pool().issuers()[0].clone();
    for length in 0..issuer.len() {
        for part in [&issuer[..length], &issuer[issuer.len() - length..]] {
            let token = access().claim("iss", part).sign();
            assert_eq!(verdict(&token).err(), Some(VerifyError::Issuer), "{part}");
        }
    }
}

// CVE-2024-53861.
#[test]
fn a_list_that_holds_the_issuer_is_not_the_issuer() {
    let token = access().claim("iss", POOL.user_pool().issuers()).sign();
    assert_eq!(verdict(&token).err(), Some(VerifyError::Payload { claim: Some("iss") }));
}

// CVE-2026-32597, CVE-2025-59420.
#[test]
fn an_unknown_critical_extension_is_refused() {
    let token = access().header("crit", ["x-policy"]).header("x-policy", "deny").sign();
    assert_eq!(verdict(&token).err(), Some(VerifyError::Extension));
}

// CVE-2026-29000.
#[test]
fn an_encrypted_token_around_a_plain_one_is_refused() {
    let [_, payload] = texts(access());
    let plain = [r#"{"alg":"none"}"#, &payload].map(|text| URL_SAFE_NO_PAD.encode(text));
    let kid = POOL.access_key_id();
    let header = json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", "kid": kid });
    let inside = URL_SAFE_NO_PAD.encode(format!("{}.{}.", plain[0], plain[1]));
    let token = format!("{}.AAAA.AAAA.{inside}.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()));
    assert_eq!(verdict(&token).err(), Some(VerifyError::RefreshToken));
}

// CVE-2026-29000.
#[test]
fn a_signed_token_around_another_is_refused() {
    let [header, _] = texts(access());
    let nested = with_member(&header, r#""cty":"JWT""#);
    for header in [&nested, &header] {
        assert!(verdict(&POOL.sign(header, &access().sign())).is_err(), "{header}");
    }
    let [_, payload] = texts(access());
    assert_eq!(verdict(&POOL.sign(&nested, &payload)).err(), Some(VerifyError::Nested));
}

// CVE-2025-30204, CVE-2025-27144.
#[test]
fn a_megabyte_of_dots_is_refused_for_its_length() {
    for text in [".", "a.", "..a", "eyJhbGciOiJSUzI1NiJ9."] {
        let token = text.repeat((1024 * 1024) / text.len());
        assert_eq!(verdict(&token).err(), Some(VerifyError::TooLong), "{text}");
    }
}

// CVE-2025-30204, CVE-2025-27144.
#[test]
fn dots_up_to_the_longest_token_are_no_jwt() {
    assert_eq!(verdict(&".".repeat(16 * 1024)).err(), Some(VerifyError::NotJwt));
    let [header, payload, signature] = &parts(&access().sign()).map(str::to_owned);
    let token = format!("{header}.{payload}{}{signature}", ".".repeat(1000));
    assert_eq!(verdict(&token).err(), Some(VerifyError::NotJwt));
}

// CVE-2025-53864.
#[test]
fn deep_nesting_in_a_header_does_not_overflow_the_stack() {
    let [header, payload] = texts(access());
    let token = POOL.sign(&with_member(&header, &format!(r#""x":{}"#, nested(450))), &payload);
    assert!(verdict(&token).is_ok());
    let token = POOL.sign(&"[".repeat(1000), &payload);
    assert_eq!(verdict(&token).err(), Some(VerifyError::Header));
    let token = POOL.sign(&format!(r#"{{"alg":{}}}"#, nested(450)), &payload);
    assert_eq!(verdict(&token).err(), Some(VerifyError::Header));
}

// CVE-2025-53864.
#[test]
fn deep_nesting_in_a_payload_does_not_overflow_the_stack() {
    let [header, _] = texts(access());
    for payload in ["[".repeat(11_000), r#"{"a":"#.repeat(2_200)] {
        assert_eq!(
            verdict(&POOL.sign(&header, &payload)).err(),
            Some(VerifyError::Payload { claim: None })
        );
    }
    for name in ["cognito:groups", "exp", "sub", "scope", "client_id"] {
        let [header, payload] = texts(access().without_claim(name));
        let payload = with_member(&payload, &format!(r#""{name}":{}"#, nested(5_000)));
        let refused = verdict(&POOL.sign(&header, &payload)).err();
        assert_eq!(refused, Some(VerifyError::Payload { claim: Some(name) }));
    }
}

// CVE-2025-53864.
#[test]
fn deep_nesting_in_an_unknown_claim_is_an_error_only_for_who_reads_it() {
    let claims =
        verdict(&with_claim(&format!(r#""deep":{}"#, nested(5_000)))).expect("a good token");
    assert_eq!(claims.sub(), POOL.sub_of("alice"));
    assert_eq!(claims.claim("sub"), Ok(Some(POOL.sub_of("alice"))));
    assert!(claims.claim::<Value>("deep").is_err());
    assert!(claims.deserialize::<Value>().is_err());
}

// CVE-2025-53864.
#[test]
fn deep_nesting_in_a_jwks_does_not_overflow_the_stack() {
    let deep = nested(30_000);
    for body in [
        deep.clone(),
        "[".repeat(60_000),
        format!(r#"{{"keys":{deep}}}"#),
        format!(r#"{{"x":{deep},"keys":[]}}"#),
        format!(r#"{{"keys":[{{"kty":{deep}}}]}}"#),
        format!(r#"{{"keys":[{{"kty":"RSA","kid":"k","n":"AQ","e":"AQAB","d":{deep}}}]}}"#),
        r#"{"keys":"#.repeat(8_000),
    ] {
        let cache = JwksCache::builder(POOL.user_pool()).fetcher(Served(body.into())).build();
        let fetched = block_on(cache.expect("settings that can be").refresh());
        assert!(
            matches!(fetched, Err(JwksError::Malformed { .. } | JwksError::NoUsableKey)),
            "{fetched:?}"
        );
    }
}

// CVE-2022-39227.
#[test]
fn a_text_that_is_a_compact_and_a_json_token_at_once_is_refused() {
    let token = access().sign();
    let [header, payload, signature] = parts(&token);
    let forged = URL_SAFE_NO_PAD.encode(texts(access().claim("sub", "admin"))[1].clone());
    let compact = format!(r#"{{"  {header}.{forged}.":"","protected":"{header}","#);
    let polyglot = format!(r#"{compact}"payload":"{payload}","signature":"{signature}"}}"#);
    assert_eq!(verdict(&polyglot).err(), Some(VerifyError::Base64));
}

// RFC 7515 §7.2.
#[test]
fn a_token_in_json_serialization_is_refused() {
    let token = access().sign();
    let [header, payload, signature] = parts(&token);
    let flattened = json!({ "protected": header, "payload": payload, "signature": signature });
    let signatures = json!([{ "protected": header, "signature": signature }]);
    let general = json!({ "payload": payload, "signatures": signatures });
    for token in [flattened, general] {
        assert_eq!(verdict(&token.to_string()).err(), Some(VerifyError::NotJwt));
    }
}
