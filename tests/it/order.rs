//! The order of the checks, as the table on `CognitoVerifier` has it: of two faults in one token,
//! the earlier one is told.

use std::sync::LazyLock;
use std::time::Duration;

use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{
    CognitoClaims, CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse,
    TokenUse, VerifyError,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::common::parts::parts;
use crate::common::runtime::block_on;
use crate::common::tokens::{CLIENT, POOL, access};

const AUDIENCE: &str = "https://api.example.com";

static ATTACKER: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// What is wrong with a token, and what it is refused as for it.
struct Fault {
    refused: VerifyError,
    how: How,
}

/// How a fault is made: before the token is signed, or in its text.
enum How {
    Before(fn(TestToken) -> TestToken),
    After(fn(&str) -> String),
}

/// A fault in a token before it is signed.
const fn before(refused: VerifyError, how: fn(TestToken) -> TestToken) -> Fault {
    Fault { refused, how: How::Before(how) }
}

/// A fault in the text of a token.
const fn after(refused: VerifyError, how: fn(&str) -> String) -> Fault {
    Fault { refused, how: How::After(how) }
}

// In the order of the table.
const TOO_LONG: Fault =
    after(VerifyError::TooLong, |token| format!("{token}{}", "A".repeat(16 * 1024)));
const LONG_HEADER: Fault =
    before(VerifyError::TooLong, |token| token.header("x", "x".repeat(1024)));
const NOT_JWT: Fault = after(VerifyError::NotJwt, |token| format!("{token}.AAAA"));
const BASE64: Fault = after(VerifyError::Base64, |token| format!("{token}="));
const HEADER: Fault = after(VerifyError::Header, with_doubled_kid);
const ALGORITHM: Fault = before(VerifyError::Algorithm, |token| token.header("alg", "none"));
const EXTENSION: Fault = before(VerifyError::Extension, |token| token.header("crit", ["exp"]));
const NESTED: Fault = before(VerifyError::Nested, |token| token.header("cty", "JWT"));
const PAYLOAD: Fault = before(VerifyError::Payload { claim: Some("cognito:groups") }, |token| {
    token.claim("cognito:groups", 7)
});
const NO_ISSUER: Fault =
    before(VerifyError::MissingClaim("iss"), |token| token.without_claim("iss"));
const ISSUER: Fault = before(VerifyError::Issuer, |token| token.claim("iss", "https://evil"));
const NO_USE: Fault =
    before(VerifyError::MissingClaim("token_use"), |token| token.without_claim("token_use"));
const REFRESH: Fault =
    before(VerifyError::RefreshToken, |token| token.claim("token_use", "refresh"));
const USE: Fault =
    before(VerifyError::TokenUse(TokenUse::Access), |token| token.claim("token_use", "id"));
const SCOPE: Fault =
    before(VerifyError::Payload { claim: Some("scope") }, |token| token.claim("scope", 7));
const NO_CLIENT: Fault =
    before(VerifyError::MissingClaim("client_id"), |token| token.without_claim("client_id"));
const OTHER_CLIENT: Fault = before(VerifyError::Client, |token| token.client_id("other"));
const OTHER_AUDIENCE: Fault = before(VerifyError::Audience, |token| token.claim("aud", "other"));
const NO_SUBJECT: Fault =
    before(VerifyError::MissingClaim("sub"), |token| token.without_claim("sub"));
const NO_IAT: Fault = before(VerifyError::MissingClaim("iat"), |token| token.without_claim("iat"));
const NO_EXP: Fault = before(VerifyError::MissingClaim("exp"), |token| token.without_claim("exp"));
const EXPIRED: Fault = before(VerifyError::Expired, |token| token.claim("exp", 1_000_000_000));
const NOT_YET: Fault = before(VerifyError::NotYetValid, |token| token.claim("nbf", 9e9));
const FUTURE: Fault = before(VerifyError::IssuedInFuture, |token| token.claim("iat", 9e9));
const TOO_OLD: Fault = before(VerifyError::TooOld, |token| token.claim("iat", 1_000_000_000));
const NO_KEY_ID: Fault = before(VerifyError::KeyId, |token| token.without_header("kid"));
const UNKNOWN_KEY: Fault = before(VerifyError::UnknownKey, |token| token.header("kid", "unknown"));
const FORGED: Fault = before(VerifyError::Signature, |token| token.signed_by(&ATTACKER));
const MALLORY: Fault =
    before(VerifyError::Check(String::new()), |token| token.claim("sub", "mallory"));

fn with_doubled_kid(token: &str) -> String {
    let [header, payload, signature] = parts(token);
    let header = URL_SAFE_NO_PAD.decode(header).expect("a header in base64url");
    let header = String::from_utf8(header).expect("a header of text");
    let header = URL_SAFE_NO_PAD.encode(header.replacen('{', r#"{"kid":"a","kid":"b","#, 1));
    format!("{header}.{payload}.{signature}")
}

/// The check of the application's own.
fn not_mallory(claims: &CognitoClaims) -> Result<(), String> {
    if claims.sub() == "mallory" { Err(String::new()) } else { Ok(()) }
}

/// What a verifier that makes every check says of a token with these faults.
fn refusal(faults: &[&Fault]) -> Option<VerifyError> {
    let verifier = CognitoVerifier::builder().trust(&*POOL, CLIENT).clock(POOL.clock());
    let verifier = verifier.audience(AUDIENCE).max_token_age(Duration::from_secs(7200));
    let verifier = verifier.check(not_mallory).build().expect("settings that can be");
    let good = access().claim("aud", AUDIENCE);
    let signed = faults.iter().fold(good, |token, fault| match fault.how {
        How::Before(change) => change(token),
        How::After(_) => token,
    });
    // The later fault first: an earlier one leaves less of the token to be taken apart.
    let token = faults.iter().rev().fold(signed.sign(), |token, fault| match fault.how {
        How::Before(_) => token,
        How::After(change) => change(&token),
    });
    block_on(verifier.verify(&token)).err()
}

/// Each fault alone is refused as what it is, and both together as the earlier one.
fn assert_order(earlier: &Fault, later: &Fault) {
    assert_eq!(refusal(&[earlier]).as_ref(), Some(&earlier.refused));
    assert_eq!(refusal(&[later]).as_ref(), Some(&later.refused));
    assert_eq!(refusal(&[earlier, later]).as_ref(), Some(&earlier.refused));
}

#[test]
fn a_token_without_fault_is_accepted() {
    assert_eq!(refusal(&[]), None);
}

#[test]
fn the_length_comes_before_the_number_of_parts() {
    assert_order(&TOO_LONG, &NOT_JWT);
}

#[test]
fn the_number_of_parts_comes_before_their_encoding() {
    assert_order(&NOT_JWT, &BASE64);
}

#[test]
fn the_length_of_the_header_comes_before_the_encoding() {
    assert_order(&LONG_HEADER, &BASE64);
}

#[test]
fn the_encoding_of_every_part_comes_before_the_header() {
    assert_order(&BASE64, &HEADER);
}

#[test]
fn the_form_of_the_header_comes_before_what_it_says() {
    assert_order(&HEADER, &ALGORITHM);
    assert_order(&HEADER, &EXTENSION);
    assert_order(&HEADER, &NESTED);
}

#[test]
fn the_algorithm_comes_before_extensions_and_those_before_a_nested_token() {
    assert_order(&ALGORITHM, &EXTENSION);
    assert_order(&EXTENSION, &NESTED);
}

#[test]
fn the_header_comes_before_the_payload() {
    assert_order(&NESTED, &PAYLOAD);
}

#[test]
fn the_form_of_the_payload_comes_before_the_issuer() {
    assert_order(&PAYLOAD, &NO_ISSUER);
    assert_order(&PAYLOAD, &ISSUER);
}

#[test]
fn the_issuer_comes_before_the_use() {
    for issuer in [NO_ISSUER, ISSUER] {
        for token_use in [NO_USE, REFRESH, USE] {
            assert_order(&issuer, &token_use);
        }
    }
}

#[test]
fn the_use_comes_before_the_claims_of_that_use() {
    for token_use in [NO_USE, REFRESH, USE] {
        for claim in [SCOPE, NO_CLIENT, OTHER_CLIENT] {
            assert_order(&token_use, &claim);
        }
    }
}

#[test]
fn the_types_of_the_claims_come_before_the_client() {
    assert_order(&SCOPE, &OTHER_CLIENT);
}

#[test]
fn the_client_comes_before_the_audience() {
    assert_order(&NO_CLIENT, &OTHER_AUDIENCE);
    assert_order(&OTHER_CLIENT, &OTHER_AUDIENCE);
}

#[test]
fn the_audience_comes_before_the_claims_that_every_token_has() {
    for claim in [NO_SUBJECT, NO_IAT, NO_EXP] {
        assert_order(&OTHER_AUDIENCE, &claim);
    }
}

#[test]
fn the_subject_comes_before_the_dates_that_must_be_there() {
    assert_order(&NO_SUBJECT, &NO_IAT);
    assert_order(&NO_IAT, &NO_EXP);
}

#[test]
fn that_claims_are_there_comes_before_what_the_dates_say() {
    assert_order(&NO_SUBJECT, &EXPIRED);
    assert_order(&NO_IAT, &EXPIRED);
    assert_order(&NO_EXP, &NOT_YET);
}

#[test]
fn expiry_comes_before_the_other_dates() {
    assert_order(&EXPIRED, &NOT_YET);
    assert_order(&NOT_YET, &FUTURE);
    assert_order(&NOT_YET, &TOO_OLD);
}

#[test]
fn the_dates_come_before_the_key_id() {
    for date in [EXPIRED, NOT_YET, FUTURE, TOO_OLD] {
        assert_order(&date, &NO_KEY_ID);
    }
}

#[test]
fn the_key_id_comes_before_the_keys() {
    struct NoKeys;
    impl FetchJwks for NoKeys {
        async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
            Err(JwksError::Status(500))
        }
    }
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(NoKeys).build();
    let verifier = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    let verifier = verifier.build().expect("settings that can be");
    let refused = block_on(verifier.verify(&access().without_header("kid").sign())).err();
    assert_eq!(refused, Some(VerifyError::KeyId));
    let refused = block_on(verifier.verify(&access().sign())).err();
    assert!(matches!(refused, Some(VerifyError::KeysUnavailable { .. })), "{refused:?}");
}

#[test]
fn the_key_comes_before_the_signature() {
    assert_order(&UNKNOWN_KEY, &FORGED);
}

#[test]
fn the_signature_comes_before_the_checks_of_the_application() {
    assert_order(&FORGED, &MALLORY);
}
