//! Any bytes as the body of a JWKS: never a panic, no key but the set's own verifies, and the keys
//! at hand stay when it is no set.

#![no_main]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse, VerifyError,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

const CLIENT: &str = "fuzz-client";
/// How long the token lives: longer than the fuzzer runs.
const LIFETIME: Duration = Duration::from_secs(1_000_000_000);
/// As in the seeds: the number and the name of the pool's key, which the fuzzer cannot guess.
const MODULUS: &str = "FUZZMODULUS";
const KID: &str = "FUZZKID";

static BODY: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

static KEYS: LazyLock<JwksCache> = LazyLock::new(|| {
    let builder = JwksCache::builder(POOL.user_pool()).fetcher(Body);
    builder.preload(&POOL.jwks()).build().expect("settings that can be")
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// The modulus of the pool's access key, in base64url.
static OWN_MODULUS: LazyLock<String> = LazyLock::new(|| {
    let set: Value = serde_json::from_str(&POOL.jwks()).expect("JSON");
    let keys = set["keys"].as_array().expect("an array");
    let own = keys.iter().find(|key| key["kid"] == POOL.access_key_id()).expect("its key");
    own["n"].as_str().expect("text").to_owned()
});

/// A token that only the pool's access key verifies.
static TOKEN: LazyLock<String> =
    LazyLock::new(|| POOL.access_token("alice").client_id(CLIENT).expires_in(LIFETIME).sign());

static VERIFIER: LazyLock<CognitoVerifier> = LazyLock::new(|| {
    let builder = CognitoVerifier::builder().trust(&*KEYS, CLIENT).without_token_cache();
    builder.build().expect("settings that can be")
});

struct Body;

impl FetchJwks for Body {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Ok(JwksResponse::new(BODY.lock().expect("no panic before").clone()))
    }
}

/// Reads a body, and gives the ids of the keys that are there then.
fn refresh(body: Vec<u8>) -> Result<BTreeSet<String>, JwksError> {
    *BODY.lock().expect("no panic before") = body;
    RUNTIME.block_on(KEYS.refresh())?;
    Ok(KEYS.status().key_ids().iter().cloned().collect())
}

fuzz_target!(|body: &[u8]| {
    let own = refresh(POOL.jwks().into_bytes()).expect("the pool's own keys are a set");
    let verdict = VERIFIER.verify_cached(&TOKEN).map(drop);
    assert_eq!(verdict, Ok(()));
    let body = match std::str::from_utf8(body) {
        Ok(text) => {
            text.replace(MODULUS, &OWN_MODULUS).replace(KID, &POOL.access_key_id()).into_bytes()
        }
        Err(_) => body.to_vec(),
    };
    match refresh(body.clone()) {
        Ok(kids) => check_set(&kids, &body),
        Err(_) => {
            assert_eq!(own, KEYS.status().key_ids().iter().cloned().collect());
            assert_eq!(VERIFIER.verify_cached(&TOKEN).map(drop), Ok(()));
        }
    }
});

/// Reads the same JSON in another way, and holds the keys that were taken against the rules.
fn check_set(kids: &BTreeSet<String>, body: &[u8]) {
    assert!(!kids.is_empty() && body.len() <= 64 * 1024);
    // Members that nobody reads may hold what is no `Value`, like a number out of range.
    let Ok(set) = serde_json::from_slice::<Value>(body) else { return };
    let keys = set["keys"].as_array().expect("an array");
    assert!(keys.len() <= 64);
    for kid in kids {
        assert!(!kid.is_empty() && keys.iter().any(|key| key["kid"] == **kid && is_usable(key)));
    }
    let own = |key: &&Value| key["kid"] == POOL.access_key_id() && is_usable(key);
    match VERIFIER.verify_cached(&TOKEN) {
        Ok(_) => {
            let own_number = number(&Value::from(OWN_MODULUS.as_str()));
            assert!(keys.iter().filter(own).any(|key| number(&key["n"]) == own_number));
        }
        Err(VerifyError::UnknownKey | VerifyError::KeysUnavailable { .. }) => {
            assert!(!kids.contains(&POOL.access_key_id()));
        }
        Err(VerifyError::Signature) => assert!(kids.contains(&POOL.access_key_id())),
        Err(error) => unreachable!("{error}"),
    }
}

/// The bytes of a number, without zeros before them.
fn number(text: &Value) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.as_str()?).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

/// RFC 7517 §4: a public RSA key for RS256 signatures.
fn is_usable(key: &Value) -> bool {
    let is = |name: &str, text: &str| key.get(name).is_none_or(|value| value == text);
    let verifies = key.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"))
    });
    key["kty"] == "RSA"
        && is("use", "sig")
        && is("alg", "RS256")
        && verifies
        && key.get("d").is_none()
}
