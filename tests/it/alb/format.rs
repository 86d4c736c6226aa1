//! The form of `x-amzn-oidc-data`: a JWS with the padding that load balancers write.

use axum_cognito::VerifyError;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use crate::common::alb::{LOAD_BALANCER, data, refusal, texts, verdict};
use crate::common::member::with_member;
use crate::common::parts::parts;

/// Signs a header and a payload that were broken as text.
fn verdict_on([header, payload]: [&str; 2]) -> Option<VerifyError> {
    verdict(&LOAD_BALANCER.sign(header, payload)).err()
}

/// Good data whose parts end with so many `=`, by the lengths of their texts.
fn padded(by: usize) -> String {
    let filled = |text: &str| {
        let missing = (6 - by - text.len() % 3) % 3;
        format!("{text}{}", " ".repeat(missing))
    };
    let [header, payload] = texts(data());
    LOAD_BALANCER.sign(&filled(&header), &filled(&payload))
}

#[test]
fn every_length_of_padding_is_accepted() {
    for by in 0..3 {
        let data = padded(by);
        let [header, payload, signature] = parts(&data);
        for part in [header, payload] {
            assert_eq!(part.len() - part.trim_end_matches('=').len(), by, "{part}");
        }
        assert!(signature.ends_with("=="), "64 bytes");
        assert_eq!(verdict(&data).map(drop), Ok(()), "{by}");
    }
}

#[test]
fn a_token_that_was_signed_without_padding_is_accepted() {
    for name in ["", "a", "ab"] {
        let token = data().claim("name", name).without_padding().sign();
        assert!(!token.contains('='), "{token}");
        assert_eq!(verdict(&token).map(drop), Ok(()), "{token}");
    }
}

#[test]
fn padding_of_another_length_is_refused_in_each_part() {
    for by in 0..3 {
        let data = padded(by);
        for index in 0..3 {
            for change in ["=", "==", "==="] {
                let mut parts = parts(&data).map(str::to_owned);
                let changed = format!("{}{change}", parts[index].trim_end_matches('='));
                if changed == parts[index] {
                    continue;
                }
                parts[index] = changed;
                let changed = parts.join(".");
                assert_eq!(verdict(&changed).err(), Some(VerifyError::Base64), "{changed}");
            }
        }
    }
}

#[test]
fn the_signature_is_over_the_text_as_it_was_sent() {
    for by in 1..3 {
        let padded = padded(by);
        let [header, payload, signature] = parts(&padded);
        let bare = [header, payload].map(|part| part.trim_end_matches('=')).join(".");
        let stripped = format!("{bare}.{signature}");
        assert_eq!(verdict(&stripped).err(), Some(VerifyError::Signature), "{stripped}");
        // The signature itself is not part of that text.
        let bare_signature = padded.trim_end_matches('=');
        assert_eq!(verdict(bare_signature).map(drop), Ok(()), "{bare_signature}");
    }
}

#[test]
fn only_the_alphabet_for_urls_is_accepted() {
    let text = "\u{fb}\u{ff}?>~\u{1f600}".repeat(20);
    let data = data().claim("name", &text).sign();
    let [_, payload, _] = parts(&data);
    assert!(payload.contains(['-', '_']), "{payload}");
    assert_eq!(verdict(&data).map(drop), Ok(()));
    let other = data.replace('-', "+").replace('_', "/");
    assert_eq!(verdict(&other).err(), Some(VerifyError::Base64));
    let decoded = URL_SAFE.decode(payload).expect("base64url");
    let standard = data.replace(payload, &STANDARD.encode(decoded));
    assert_eq!(verdict(&standard).err(), Some(VerifyError::Base64));
}

#[test]
fn bits_behind_the_last_byte_are_refused() {
    let data = data().sign();
    let [.., signature] = parts(&data);
    let last = signature.trim_end_matches('=').chars().last().expect("a character");
    let next = if last == 'A' { 'B' } else { 'R' };
    let changed = format!("{}{next}==", &data[..data.len() - 3]);
    assert_eq!(verdict(&changed).err(), Some(VerifyError::Base64));
}

#[test]
fn white_space_is_refused_in_each_part() {
    let data = data().sign();
    for space in [" ", "\t", "\n", "\r\n"] {
        for index in 0..3 {
            let mut parts = parts(&data).map(str::to_owned);
            parts[index].insert_str(4, space);
            assert_eq!(verdict(&parts.join(".")).err(), Some(VerifyError::Base64));
        }
    }
}

#[test]
fn another_number_of_parts_is_no_jwt() {
    let data = data().sign();
    let [header, payload, signature] = parts(&data);
    for text in [
        "opaque".to_owned(),
        format!("{header}.{payload}"),
        format!("{data}.{signature}"),
        format!("{header}..{payload}.{signature}.x"),
        ".".repeat(12_000),
    ] {
        assert_eq!(verdict(&text).err(), Some(VerifyError::NotJwt), "{text}");
    }
}

#[test]
fn an_empty_part_is_refused() {
    let data = data().sign();
    for index in 0..3 {
        let mut parts = parts(&data);
        parts[index] = "";
        assert_eq!(verdict(&parts.join(".")).err(), Some(VerifyError::Base64));
    }
    assert_eq!(verdict("").err(), Some(VerifyError::NotJwt));
}

#[test]
fn data_of_16_kib_are_accepted_and_more_are_not() {
    let length = |data: &str| data.len();
    let filled = |bytes: usize| data().claim("fill", "x".repeat(bytes)).sign();
    let spare = 16 * 1024 - length(&filled(0));
    let fitting = (0..8).map(|less| filled(spare / 4 * 3 - less));
    let fitting = fitting.max_by_key(|data| if data.len() > 16 * 1024 { 0 } else { data.len() });
    let fitting = fitting.expect("several");
    assert!((16 * 1024 - 4..=16 * 1024).contains(&fitting.len()), "{}", fitting.len());
    assert_eq!(verdict(&fitting).map(drop), Ok(()));
    let longer = filled(spare / 4 * 3 + 8);
    assert_eq!(verdict(&longer).err(), Some(VerifyError::TooLong));
    // To the byte, which good data never are: each part is a number of four characters.
    assert_eq!(verdict(&".".repeat(16 * 1024)).err(), Some(VerifyError::NotJwt));
    for length in [16 * 1024 + 1, 1 << 20] {
        assert_eq!(verdict(&".".repeat(length)).err(), Some(VerifyError::TooLong), "{length}");
    }
}

#[test]
fn a_header_of_1_kib_is_accepted_and_one_byte_more_is_not() {
    let [header, payload] = texts(data());
    let filled = |length: usize| format!("{header}{}", " ".repeat(length - header.len()));
    assert_eq!(verdict_on([&filled(1024), &payload]), None);
    for length in [1025, 1026, 1027] {
        let refused = verdict_on([&filled(length), &payload]);
        assert_eq!(refused, Some(VerifyError::TooLong), "{length}");
    }
}

#[test]
fn the_longest_names_that_aws_allows_fit_into_the_header() {
    let arn = format!(
        "arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:123456789012:loadbalancer/app/{}/{}",
        "n".repeat(32),
        "f".repeat(16)
    );
    let issuer =
        format!("https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/{}", "p".repeat(55));
    let data = data().header("signer", arn).header("iss", issuer).client_id(&"c".repeat(128));
    // It is read as far as the signer.
    assert_eq!(refusal(data), Some(VerifyError::Signer));
}

#[test]
fn a_header_that_is_no_json_object_is_refused() {
    let [header, payload] = texts(data());
    for broken in ["[]", "\"ES256\"", "null", "{", &header[1..], &format!("{header}{{}}")] {
        assert_eq!(verdict_on([broken, &payload]), Some(VerifyError::Header), "{broken}");
    }
}

#[test]
fn a_member_of_the_header_that_is_there_twice_is_refused() {
    let [header, payload] = texts(data());
    for member in ["alg", "kid", "signer", "iss", "client"] {
        let doubled = with_member(&header, &format!(r#""{member}":"x""#));
        assert_eq!(verdict_on([&doubled, &payload]), Some(VerifyError::Header), "{member}");
    }
    let doubled = with_member(&header, r#""\u0065xp":1"#);
    assert_eq!(verdict_on([&doubled, &payload]), Some(VerifyError::Header));
}

#[test]
fn a_claim_that_is_there_twice_is_refused() {
    let [header, payload] = texts(data());
    for name in ["sub", "exp", "email", "email_verified", "username"] {
        let values: serde_json::Value = serde_json::from_str(&payload).expect("a JSON payload");
        let member = format!(r#""{name}":{}"#, values[name]);
        let doubled = with_member(&with_member(&payload, &member), &member);
        let refused = Some(VerifyError::Payload { claim: Some(name) });
        assert_eq!(verdict_on([&header, &doubled]), refused, "{name}");
    }
}

#[test]
fn a_payload_that_is_no_json_object_is_refused() {
    let [header, payload] = texts(data());
    for broken in ["[]", "\"alice\"", "null", "{", &payload[1..]] {
        assert_eq!(
            verdict_on([&header, broken]),
            Some(VerifyError::Payload { claim: None }),
            "{broken}"
        );
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let [header, payload] = texts(data());
    let deep = format!(r#""deep":{}1{}"#, "[".repeat(4000), "]".repeat(4000));
    let data = LOAD_BALANCER.sign(&header, &with_member(&payload, &deep));
    // A claim that nobody knows may be anything; who reads it gets an error.
    let claims = verdict(&data).expect("good data");
    assert!(claims.claim::<serde_json::Value>("deep").is_err());
    let in_header = verdict_on([&with_member(&header, &deep), &payload]);
    assert_eq!(in_header, Some(VerifyError::TooLong));
}

#[test]
fn a_changed_character_anywhere_is_refused() {
    let data = data().sign();
    for index in 0..data.len() {
        let other = if data.as_bytes()[index] == b'A' { "B" } else { "A" };
        let mut changed = data.clone();
        changed.replace_range(index..=index, other);
        assert!(verdict(&changed).is_err(), "{index}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_refused_and_nothing_panics(
        header in any::<Vec<u8>>(),
        payload in "[\\[\\]{}\":,a-z0-9 \\\\]{0,200}",
        text in prop_oneof![any::<String>(), "[A-Za-z0-9_=.-]{0,400}"],
    ) {
        prop_assert!(verdict(&text).is_err());
        let [own_header, own_payload] = texts(data());
        let header = String::from_utf8_lossy(&header).into_owned();
        prop_assert!(verdict(&LOAD_BALANCER.sign(&header, &own_payload)).is_err());
        prop_assert!(verdict(&LOAD_BALANCER.sign(&own_header, &payload)).is_err());
    }
}
