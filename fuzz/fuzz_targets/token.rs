//! Any string as a token, and any header and payload as those of a token: never a panic, and never
//! accepted without the pool's signature.

#![no_main]

use std::sync::LazyLock;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoVerifier, TokenUse, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;

/// As in the seeds, so that the fuzzer gets past the checks of the claims.
const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_FuzzPool1";
const CLIENT: &str = "fuzz-client";
const KID: &str = "FUZZKID";

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

static VERIFIER: LazyLock<CognitoVerifier> = LazyLock::new(|| {
    let builder = CognitoVerifier::builder().trust(&*POOL, CLIENT).token_use(TokenUse::Any);
    builder.clock(POOL.clock()).build().expect("settings that can be")
});

fuzz_target!(|input: &str| {
    match input.split_once('\n') {
        Some((header, payload)) => try_parts(header, payload),
        None => assert!(VERIFIER.verify_cached(input).is_err()),
    }
});

/// A token of this header and payload: with a wrong signature, then with a good one.
fn try_parts(header: &str, payload: &str) {
    let issuer = POOL.user_pool().issuers()[0].clone();
    let header = header.replace(KID, &POOL.access_key_id());
    let payload = payload.replace(ISSUER, &issuer);
    let [first, second] = [&header, &payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let forged = format!("{first}.{second}.{}", URL_SAFE_NO_PAD.encode([1; 256]));
    let error = VERIFIER.verify_cached(&forged).expect_err("a forged token is refused");
    // All but the signature is in order: so the signed token is accepted, or a claim is refused.
    if error == VerifyError::Signature {
        let token = POOL.sign(&header, &payload);
        look_at(&VERIFIER.verify_cached(&token).expect("a signed token in order is accepted"));
    }
}

fn look_at(claims: &CognitoClaims) {
    assert!(!claims.sub().is_empty() && claims.client_id() == CLIENT);
    assert!(claims.expires_at() > POOL.clock().now());
    let _ = (claims.issued_at(), claims.auth_time(), claims.claim::<String>("name"));
    let _ =
        (claims.groups(), claims.as_access().map(|claims| claims.scopes()), format!("{claims:?}"));
}
