//! Any string as what a load balancer signs, any header and payload under a good signature, and any
//! bytes as its key in PEM: never a panic, never accepted but by its own key, and nothing of what it
//! signed believed that is not there.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{
    AlbClaims, AlbVerifier, FetchJwks, JwksError, JwksRequest, JwksResponse, VerifyError,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// As in the seeds: what the fuzzer cannot guess.
const KID: &str = "FUZZKID";
const ISSUER: &str = "FUZZISSUER";
const SIGNER: &str = "FUZZSIGNER";
const KEY: &str = "FUZZKEY";
const CLIENT: &str = "fuzz-client";
/// How long the data live: longer than the fuzzer runs.
const LIFETIME: Duration = Duration::from_secs(1_000_000_000);

static LOAD_BALANCER: LazyLock<TestLoadBalancer> = LazyLock::new(TestLoadBalancer::offline);

static VERIFIER: LazyLock<AlbVerifier> = LazyLock::new(|| LOAD_BALANCER.verifier(CLIENT));

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

static DATA: LazyLock<String> =
    LazyLock::new(|| LOAD_BALANCER.token("alice").client_id(CLIENT).expires_in(LIFETIME).sign());

/// The public key without the lines around it.
static OWN_KEY: LazyLock<String> = LazyLock::new(|| {
    let pem = LOAD_BALANCER.public_key_pem();
    pem.lines().filter(|line| !line.starts_with('-')).collect()
});

fuzz_target!(|input: &[u8]| {
    match (input.split_first(), std::str::from_utf8(input)) {
        (Some((b'K', body)), _) => try_key(body),
        (_, Ok(text)) => match text.split_once('\n') {
            Some((header, payload)) => try_parts(header, payload),
            None => drop(judge(text).expect_err("only the load balancer signs")),
        },
        (_, Err(_)) => {}
    }
});

fn judge(data: &str) -> Result<AlbClaims, VerifyError> {
    RUNTIME.block_on(VERIFIER.verify(data))
}

/// Data of this header and payload: with a wrong signature, then with a good one.
fn try_parts(header: &str, payload: &str) {
    let arn = LOAD_BALANCER.load_balancer();
    let pool = LOAD_BALANCER.user_pool();
    let place = |text: &str| {
        let text = text.replace(KID, &LOAD_BALANCER.key_id()).replace(SIGNER, arn.arn());
        text.replace(ISSUER, &pool.issuers()[0])
    };
    let (header, payload) = (place(header), place(payload));
    let [first, second] = [&header, &payload].map(|part| URL_SAFE.encode(part));
    let forged = format!("{first}.{second}.{}", URL_SAFE.encode([1; 64]));
    let error = judge(&forged).expect_err("forged data are refused");
    // All but the signature is in order.
    if error == VerifyError::Signature {
        let data = LOAD_BALANCER.sign(&header, &payload);
        let claims = judge(&data).expect("signed data in order are accepted");
        look_at(&claims, &header, &payload);
        change_one_character(&data, payload.len());
    }
}

fn change_one_character(data: &str, position: usize) {
    let mut bytes = data.as_bytes().to_vec();
    let index = position * 31 % bytes.len();
    bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(bytes).expect("ASCII");
    judge(&changed).expect_err("changed data are not signed");
}

/// Reads the same JSON in another way, and holds the verdict against the rules.
fn look_at(claims: &AlbClaims, header: &str, payload: &str) {
    let [Ok(header), Ok(payload)] = [header, payload].map(serde_json::from_str::<Value>) else {
        // Members that nobody reads may hold what is no `Value`, like a number out of range.
        return;
    };
    assert_eq!(header["alg"], "ES256");
    assert_eq!(header["kid"], LOAD_BALANCER.key_id());
    assert_eq!(header["signer"], LOAD_BALANCER.load_balancer().arn());
    assert_eq!(header["client"], CLIENT);
    assert!(header.get("crit").is_none() && header.get("b64").is_none());
    let pool = LOAD_BALANCER.user_pool();
    let issuer = &pool.issuers()[0];
    assert_eq!(header["iss"], *issuer);
    assert!(payload.get("iss").is_none_or(|own| own == issuer));
    assert_eq!(payload["sub"], claims.sub());
    assert!(!claims.sub().is_empty() && claims.client_id() == CLIENT);
    let soon = LOAD_BALANCER.clock().now() - Duration::from_secs(5);
    assert!(claims.expires_at() > soon && header["exp"].is_number());
    let _ = (claims.email(), claims.email_verified(), claims.deserialize::<Value>());
}

/// These bytes as the answer of the key endpoint, for data that are in order.
fn try_key(body: &[u8]) {
    let body = match std::str::from_utf8(body) {
        Ok(text) => text.replace(KEY, &OWN_KEY).into_bytes(),
        Err(_) => body.to_vec(),
    };
    let builder = LOAD_BALANCER.verifier_builder().fetcher(Body(body.clone()));
    let verifier = builder.trust(LOAD_BALANCER.user_pool(), CLIENT).build().expect("settings");
    if RUNTIME.block_on(verifier.verify(&DATA)).is_ok() {
        let text: String = String::from_utf8(body).expect("text").split_whitespace().collect();
        assert!(text.contains(&*OWN_KEY), "another key verified the data");
    }
}

struct Body(Vec<u8>);

impl FetchJwks for Body {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Ok(JwksResponse::new(self.0.clone()))
    }
}
