//! Any string as a token, and any header and payload as those of a token: never a panic, never
//! accepted without the pool's signature, and nothing of a signed one believed that is not there.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoVerifier, CognitoVerifierBuilder, TokenUse, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// As in the seeds, so that the fuzzer gets past the checks of the claims.
const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_FuzzPool1";
const CLIENT: &str = "fuzz-client";
const KID: &str = "FUZZKID";

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

static VERIFIER: LazyLock<CognitoVerifier> =
    LazyLock::new(|| builder().build().expect("settings that can be"));

static FORGETFUL: LazyLock<CognitoVerifier> =
    LazyLock::new(|| builder().without_token_cache().build().expect("settings that can be"));

fn builder() -> CognitoVerifierBuilder {
    let builder = CognitoVerifier::builder().trust(&*POOL, CLIENT).token_use(TokenUse::Any);
    builder.clock(POOL.clock())
}

fuzz_target!(|input: &str| {
    match input.split_once('\n') {
        Some((header, payload)) => try_parts(header, payload),
        None => refuse(input),
    }
});

/// A token that the pool did not sign.
fn refuse(token: &str) {
    let error = VERIFIER.verify_cached(token).expect_err("only the pool signs");
    assert_eq!(FORGETFUL.verify_cached(token).err().as_ref(), Some(&error));
    assert!(error == VerifyError::TooLong || token.len() <= 16 * 1024, "{error}");
}

/// A token of this header and payload: with a wrong signature, then with a good one.
fn try_parts(header: &str, payload: &str) {
    let header = header.replace(KID, &POOL.access_key_id());
    let payload = payload.replace(ISSUER, &POOL.user_pool().issuers()[0]);
    let [first, second] = [&header, &payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let forged = format!("{first}.{second}.{}", URL_SAFE_NO_PAD.encode([1; 256]));
    let error = VERIFIER.verify_cached(&forged).expect_err("a forged token is refused");
    // All but the signature is in order: so the signed token is accepted, or a claim is refused.
    if error == VerifyError::Signature {
        let token = POOL.sign(&header, &payload);
        let claims = VERIFIER.verify_cached(&token).expect("a signed token in order is accepted");
        look_at(&claims, &header, &payload);
        // Remembered or not, the answer is the same; and one character makes another token.
        for verifier in [&VERIFIER, &FORGETFUL] {
            let again = verifier.verify_cached(&token).expect("accepted before");
            assert_eq!(format!("{claims:?}"), format!("{again:?}"));
        }
        change_one_character(&token, payload.len());
    }
}

fn change_one_character(token: &str, position: usize) {
    let mut bytes = token.as_bytes().to_vec();
    let index = position * 31 % bytes.len();
    bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(bytes).expect("ASCII");
    VERIFIER.verify_cached(&changed).expect_err("a changed token is not signed");
}

/// Reads the same JSON in another way, and holds the verdict against the rules.
fn look_at(claims: &CognitoClaims, header: &str, payload: &str) {
    let [Ok(header), Ok(payload)] = [header, payload].map(serde_json::from_str::<Value>) else {
        // Members that nobody reads may hold what is no `Value`, like a number out of range.
        return;
    };
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["kid"], POOL.access_key_id());
    assert!(header.get("crit").is_none() && header.get("b64").is_none());
    assert!(!header["cty"].as_str().is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")));
    assert_eq!(payload["iss"], POOL.user_pool().issuers()[0]);
    assert_eq!(payload["sub"], claims.sub());
    assert!(!claims.sub().is_empty() && claims.client_id() == CLIENT);
    let (token_use, client) = match claims {
        CognitoClaims::Access(access) => {
            let scope = payload.get("scope").map_or("", |scope| scope.as_str().expect("text"));
            let scopes: Vec<_> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
            assert_eq!(access.scopes(), scopes);
            ("access", &payload["client_id"])
        }
        CognitoClaims::Id(_) => ("id", &payload["aud"]),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(payload["token_use"], token_use);
    assert!(*client == CLIENT || (token_use == "id" && *client == json!([CLIENT])));
    let groups = payload.get("cognito:groups").cloned().unwrap_or(json!([]));
    assert_eq!(json!(claims.groups()), groups);
    check_dates(claims, &payload);
    let _ = (claims.auth_time(), claims.claim::<Value>("name"), claims.deserialize::<Value>());
}

fn check_dates(claims: &CognitoClaims, payload: &Value) {
    let now = POOL.clock().now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let date = |name: &str| payload[name].as_f64().expect("a number");
    assert!(claims.expires_at() > POOL.clock().now() - Duration::from_secs(5));
    assert!(date("exp") > now - 5.0 && date("iat") <= now + 60.0);
    assert!(payload.get("nbf").is_none() || date("nbf") <= now);
}
