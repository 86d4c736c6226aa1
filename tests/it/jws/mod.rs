//! The form of a token: its parts, their encoding, their length, the JSON in them.

mod header;
mod signature;

use axum_cognito::VerifyError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::common::member::with_member;
use crate::common::parts::parts;
use crate::common::texts::texts;
use crate::common::tokens::{POOL, access};
use crate::common::verdict::verdict;

/// Texts that are no JSON object.
const NO_OBJECTS: [&str; 11] = [
    " ",
    "null",
    "7",
    r#""text""#,
    "[]",
    "{",
    r#"{"a":1,}"#,
    "{} {}",
    "{}x",
    "\u{feff}{}",
    "{'a':1}",
];

/// The token, once for each part, with that part changed.
fn each_part_changed(token: &str, change: impl Fn(&str) -> String) -> [String; 3] {
    [0, 1, 2].map(|index| {
        let mut parts = parts(token).map(str::to_owned);
        parts[index] = change(&parts[index]);
        parts.join(".")
    })
}

/// The text with white space behind it, which JSON allows.
fn spaced(text: &str, spaces: usize) -> String {
    format!("{text}{}", " ".repeat(spaces))
}

/// A good token of exactly this length: what the payload's base64 jumps over, the header gives.
fn token_of_length(length: usize) -> String {
    let [header, payload] = texts(access());
    let missing = (length - POOL.sign(&header, &payload).len()) / 4 * 3;
    let spaces = (0..3).flat_map(|more| (missing - 6..missing + 3).map(move |fill| (more, fill)));
    spaces
        .map(|(more, fill)| POOL.sign(&spaced(&header, more), &spaced(&payload, fill)))
        .find(|token| token.len() == length)
        .expect("a token of that length")
}

/// A good token whose header is of exactly this length.
fn token_with_header_of_length(length: usize) -> String {
    let [header, payload] = texts(access());
    POOL.sign(&spaced(&header, length - header.len()), &payload)
}

#[test]
fn a_good_token_is_accepted() {
    assert_eq!(verdict(&access().sign()).expect("a good token").username(), Some("alice"));
}

// RFC 7515 §7.1.
#[test]
fn a_token_of_another_number_of_parts_is_no_jwt() {
    let [header, payload, signature] = &parts(&access().sign()).map(str::to_owned);
    let tokens = [
        String::new(),
        header.clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}.{signature}.{signature}"),
    ];
    for token in tokens {
        assert_eq!(verdict(&token).err(), Some(VerifyError::NotJwt), "{token}");
    }
}

// RFC 7516 §9.
#[test]
fn five_parts_are_refused_as_a_refresh_token() {
    let good = access().sign();
    let with_empty_parts = format!("{good}..");
    for token in [POOL.refresh_token(), "a.b.c.d.e".to_owned(), with_empty_parts] {
        assert_eq!(verdict(&token).err(), Some(VerifyError::RefreshToken), "{token}");
    }
}

// RFC 7515 §2.
#[test]
fn padding_is_refused_in_each_part() {
    for padding in ["=", "=="] {
        for token in each_part_changed(&access().sign(), |part| format!("{part}{padding}")) {
            assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token}");
        }
    }
}

#[test]
fn white_space_is_refused_in_each_part() {
    for space in [" ", "\t", "\n", "\r\n", "\u{a0}"] {
        let inside = |part: &str| format!("{}{space}{}", &part[..8], &part[8..]);
        for token in each_part_changed(&access().sign(), inside) {
            assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token:?}");
        }
    }
}

#[test]
fn white_space_around_a_token_is_refused() {
    let token = access().sign();
    for token in [format!(" {token}"), format!("{token}\n")] {
        assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token:?}");
    }
}

#[test]
fn the_standard_alphabet_is_refused_in_each_part() {
    for character in ["+", "/"] {
        let with_it = |part: &str| format!("{character}{}", &part[1..]);
        for token in each_part_changed(&access().sign(), with_it) {
            assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token}");
        }
    }
}

// RFC 4648 §3.5.
#[test]
fn bits_behind_the_last_byte_are_refused_in_each_part() {
    // One byte more than a multiple of three, as a signature is: four bits are left over.
    let [header, payload] = texts(access()).map(|text| spaced(&text, (4 - text.len() % 3) % 3));
    let token = POOL.sign(&header, &payload);
    assert!(verdict(&token).is_ok());
    for token in each_part_changed(&token, with_a_stray_bit) {
        assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token}");
    }
}

/// The part with the lowest bit of its last character set: the same bytes to a lenient reader.
fn with_a_stray_bit(part: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = part.split_at(part.len() - 1);
    let value = ALPHABET.find(last).expect("a base64url character");
    format!("{rest}{}", &ALPHABET[value + 1..value + 2])
}

#[test]
fn an_empty_part_is_refused() {
    for token in each_part_changed(&access().sign(), |_| String::new()) {
        assert_eq!(verdict(&token).err(), Some(VerifyError::Base64), "{token}");
    }
    assert_eq!(verdict("..").err(), Some(VerifyError::Base64));
}

#[test]
fn a_token_of_16_kib_is_accepted_and_one_byte_more_is_not() {
    assert!(verdict(&token_of_length(16 * 1024)).is_ok());
    let longer = token_of_length(16 * 1024 + 1);
    assert_eq!(verdict(&longer).err(), Some(VerifyError::TooLong));
}

#[test]
fn a_header_of_1_kib_is_accepted_and_one_byte_more_is_not() {
    assert!(verdict(&token_with_header_of_length(1024)).is_ok());
    let longer = token_with_header_of_length(1025);
    assert_eq!(verdict(&longer).err(), Some(VerifyError::TooLong));
}

#[test]
fn a_header_that_is_not_utf_8_is_refused() {
    let header = URL_SAFE_NO_PAD.encode(b"{\"alg\":\"RS256\",\"kid\":\"\xff\"}");
    let token = access().sign();
    let [_, payload, signature] = parts(&token);
    let token = format!("{header}.{payload}.{signature}");
    assert_eq!(verdict(&token).err(), Some(VerifyError::Header));
}

#[test]
fn a_payload_that_is_not_utf_8_is_refused() {
    let payload = URL_SAFE_NO_PAD.encode(b"{\"sub\":\"\xff\"}");
    let token = access().sign();
    let [header, _, signature] = parts(&token);
    let token = format!("{header}.{payload}.{signature}");
    assert_eq!(verdict(&token).err(), Some(VerifyError::Payload { claim: None }));
}

#[test]
fn a_header_that_is_no_json_object_is_refused() {
    let [_, payload] = texts(access());
    for header in NO_OBJECTS {
        let token = POOL.sign(header, &payload);
        assert_eq!(verdict(&token).err(), Some(VerifyError::Header), "{header:?}");
    }
}

#[test]
fn a_payload_that_is_no_json_object_is_refused() {
    let [header, _] = texts(access());
    for payload in NO_OBJECTS {
        let token = POOL.sign(&header, payload);
        assert_eq!(
            verdict(&token).err(),
            Some(VerifyError::Payload { claim: None }),
            "{payload:?}"
        );
    }
}

// RFC 7515 §4.
#[test]
fn a_member_of_the_header_that_is_there_twice_is_refused() {
    let [header, payload] = texts(access());
    for member in [
        r#""alg":"RS256""#,
        r#""\u0061lg":"none""#,
        r#""kid":"another""#,
        r#""cty":"x","cty":"x""#,
        r#""crit":[],"crit":[]"#,
        r#""b64":true,"b64":true"#,
    ] {
        let token = POOL.sign(&with_member(&header, member), &payload);
        assert_eq!(verdict(&token).err(), Some(VerifyError::Header), "{member}");
    }
}

// RFC 7519 §4.
#[test]
fn a_claim_that_is_there_twice_is_refused() {
    let claims = r#"iss token_use sub jti origin_jti event_id client_id username scope aud
        email email_verified identities nonce cognito:username cognito:roles cognito:preferred_role
        phone_number phone_number_verified exp iat nbf auth_time cognito:groups"#;
    for name in claims.split_whitespace() {
        // The very same value, so that nothing but its being there twice is wrong.
        let token = access().claim("nbf", 0).groups(["admins"]);
        let [header, payload] = texts(token);
        let values: serde_json::Value = serde_json::from_str(&payload).expect("a JSON payload");
        let member = format!(r#""{name}":{}"#, values[name]);
        let twice = with_member(&with_member(&payload, &member), &member);
        assert_eq!(
            verdict(&POOL.sign(&header, &twice)).err(),
            Some(VerifyError::Payload { claim: Some(name) }),
            "{name}"
        );
    }
}
