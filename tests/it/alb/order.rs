//! The order of the checks, as the table on `AlbVerifier` has it: of two faults in one text, the
//! earlier one is told.

use std::sync::LazyLock;

use axum_cognito::VerifyError;
use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::common::alb::{data, verdict};
use crate::common::parts::parts;

static ATTACKER: LazyLock<TestLoadBalancer> = LazyLock::new(TestLoadBalancer::offline);

/// What is wrong with the data, and what they are refused as for it.
struct Fault {
    refused: VerifyError,
    how: How,
}

/// How a fault is made: before the data are signed, or in their text.
enum How {
    Before(fn(TestAlbToken) -> TestAlbToken),
    After(fn(&str) -> String),
}

/// A fault in the data before they are signed.
const fn before(refused: VerifyError, how: fn(TestAlbToken) -> TestAlbToken) -> Fault {
    Fault { refused, how: How::Before(how) }
}

/// A fault in the text of the data.
const fn after(refused: VerifyError, how: fn(&str) -> String) -> Fault {
    Fault { refused, how: How::After(how) }
}

// In the order of the table.
const TOO_LONG: Fault =
    after(VerifyError::TooLong, |data| format!("{data}{}", "A".repeat(16 * 1024)));
const NOT_JWT: Fault = after(VerifyError::NotJwt, |data| format!("{data}.AAAA"));
const LONG_HEADER: Fault = before(VerifyError::TooLong, |data| data.header("x", "x".repeat(1024)));
const HEADER_BASE64: Fault = after(VerifyError::Base64, |data| format!("!{data}"));
const BASE64: Fault = after(VerifyError::Base64, |data| format!("{data}="));
const HEADER: Fault = after(VerifyError::Header, with_doubled_kid);
const ALGORITHM: Fault = before(VerifyError::Algorithm, |data| data.header("alg", "none"));
const EXTENSION: Fault = before(VerifyError::Extension, |data| data.header("crit", ["exp"]));
const NESTED: Fault = before(VerifyError::Nested, |data| data.header("cty", "JWT"));
const NO_SIGNER: Fault =
    before(VerifyError::MissingHeaderParameter("signer"), |data| data.without_header("signer"));
const SIGNER: Fault = before(VerifyError::Signer, |data| data.header("signer", "evil"));
const NO_ISSUER: Fault =
    before(VerifyError::MissingHeaderParameter("iss"), |data| data.without_header("iss"));
const ISSUER: Fault = before(VerifyError::Issuer, |data| data.header("iss", "https://evil"));
const NO_CLIENT: Fault =
    before(VerifyError::MissingHeaderParameter("client"), |data| data.without_header("client"));
const CLIENT: Fault = before(VerifyError::Client, |data| data.client_id("other"));
const PAYLOAD: Fault =
    before(VerifyError::Payload { claim: Some("iss") }, |data| data.claim("iss", 7));
const NO_SUBJECT: Fault =
    before(VerifyError::MissingClaim("sub"), |data| data.without_claim("sub"));
const OTHER_ISSUER: Fault = before(VerifyError::Issuer, |data| data.claim("iss", "https://evil"));
const NO_EXP: Fault =
    before(VerifyError::MissingHeaderParameter("exp"), |data| data.without_header("exp"));
const EXPIRED: Fault = before(VerifyError::Expired, |data| data.claim("exp", 1_000_000_000));
const NO_KEY_ID: Fault = before(VerifyError::KeyId, |data| data.without_header("kid"));
const KEY_ID: Fault = before(VerifyError::KeyId, |data| data.header("kid", "../x"));
const FORGED: Fault = before(VerifyError::Signature, |data| data.signed_by(&ATTACKER));

fn with_doubled_kid(data: &str) -> String {
    let [header, payload, signature] = parts(data);
    let header = URL_SAFE.decode(header).expect("a header in base64url");
    let header = String::from_utf8(header).expect("a header of text");
    let header = URL_SAFE.encode(header.replacen('{', r#"{"kid":"a","kid":"b","#, 1));
    format!("{header}.{payload}.{signature}")
}

/// What a verifier says of data with these faults.
fn refusal(faults: &[&Fault]) -> Option<VerifyError> {
    let signed = faults.iter().fold(data(), |data, fault| match fault.how {
        How::Before(change) => change(data),
        How::After(_) => data,
    });
    // The later fault first: an earlier one leaves less to be taken apart.
    let text = faults.iter().rev().fold(signed.sign(), |text, fault| match fault.how {
        How::Before(_) => text,
        How::After(change) => change(&text),
    });
    verdict(&text).err()
}

/// Each fault alone is refused as what it is, and both together as the earlier one.
fn assert_order(earlier: &Fault, later: &Fault) {
    assert_eq!(refusal(&[earlier]).as_ref(), Some(&earlier.refused));
    assert_eq!(refusal(&[later]).as_ref(), Some(&later.refused));
    assert_eq!(refusal(&[earlier, later]).as_ref(), Some(&earlier.refused));
}

#[test]
fn data_without_fault_are_accepted() {
    assert_eq!(refusal(&[]), None);
}

#[test]
fn the_length_comes_before_the_number_of_parts_and_that_before_the_length_of_the_header() {
    assert_order(&TOO_LONG, &NOT_JWT);
    assert_order(&NOT_JWT, &LONG_HEADER);
    assert_order(&NOT_JWT, &BASE64);
}

#[test]
fn the_length_of_the_header_comes_before_the_encoding_of_every_part() {
    assert_order(&LONG_HEADER, &BASE64);
    assert_order(&LONG_HEADER, &HEADER_BASE64);
}

#[test]
fn the_encoding_of_every_part_comes_before_the_header() {
    assert_order(&BASE64, &HEADER);
    assert_order(&BASE64, &ALGORITHM);
}

#[test]
fn the_form_of_the_header_comes_before_what_it_says() {
    for said in [ALGORITHM, EXTENSION, NESTED, NO_SIGNER, SIGNER] {
        assert_order(&HEADER, &said);
    }
}

#[test]
fn the_algorithm_comes_before_extensions_and_those_before_nested_data() {
    assert_order(&ALGORITHM, &EXTENSION);
    assert_order(&EXTENSION, &NESTED);
}

#[test]
fn the_signer_comes_before_the_issuer_and_that_before_the_client() {
    assert_order(&NESTED, &NO_SIGNER);
    assert_order(&NESTED, &SIGNER);
    for signer in [NO_SIGNER, SIGNER] {
        assert_order(&signer, &NO_ISSUER);
        assert_order(&signer, &ISSUER);
    }
    for issuer in [NO_ISSUER, ISSUER] {
        assert_order(&issuer, &NO_CLIENT);
        assert_order(&issuer, &CLIENT);
    }
}

#[test]
fn the_header_comes_before_the_payload() {
    for client in [NO_CLIENT, CLIENT] {
        assert_order(&client, &PAYLOAD);
        assert_order(&client, &NO_SUBJECT);
    }
}

#[test]
fn the_form_of_the_payload_comes_before_the_subject_and_that_before_its_issuer() {
    assert_order(&PAYLOAD, &NO_SUBJECT);
    assert_order(&NO_SUBJECT, &OTHER_ISSUER);
}

#[test]
fn the_payload_comes_before_the_dates() {
    for payload in [PAYLOAD, NO_SUBJECT, OTHER_ISSUER] {
        assert_order(&payload, &NO_EXP);
        assert_order(&payload, &EXPIRED);
    }
}

#[test]
fn the_dates_come_before_the_key_id() {
    for date in [NO_EXP, EXPIRED] {
        assert_order(&date, &NO_KEY_ID);
        assert_order(&date, &KEY_ID);
    }
    assert_order(&NO_EXP, &EXPIRED);
}

#[test]
fn the_key_id_comes_before_the_signature() {
    assert_order(&NO_KEY_ID, &FORGED);
    assert_order(&KEY_ID, &FORGED);
}
