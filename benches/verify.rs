//! How long verifications take, as multiples of floors measured in the same run.
//!
//! ```sh
//! cargo bench --bench verify
//! ```
//!
//! The floor of a verification is the raw RSA signature with a parsed key; that of a remembered
//! token, and of one that is refused before its signature, is the SHA-256 of the token; that of a
//! request is the router without the layer. Each time is shown as a multiple of its floor, and as one
//! of the raw signature. The cases take turns, and the best round of each counts, so that a noisy
//! machine slows all alike.
//!
//! A set has 64 keys at most, more are a `JwksError`: so there is no case of a thousand.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::{Router, body::Body, http::Request, routing::get};
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoLayer, CognitoVerifier, JwksCache};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Of each number of threads.
const THREAD_TRIES: usize = 20;
const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const ROUNDS: u32 = 1000;
/// Few, so that many rounds end before the system gives the processor to somebody else.
const CALLS: u32 = 20;

/// The first two cases, which verifications are compared with.
const SIGNATURE: usize = 0;
const DIGEST: usize = 1;

/// Something to be measured, and the floor that it is compared with.
struct Case {
    name: String,
    floor: usize,
    call: Box<dyn FnMut()>,
    best: Duration,
}

fn main() {
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    let _guard = runtime.enter();
    let pool = TestPool::offline();
    runtime.block_on(pool.keys().refresh()).expect("keys from memory");
    let mut cases = Vec::new();
    floors(&mut cases, &pool);
    others(&mut cases, &pool);
    verifications(&mut cases, &pool);
    requests(&mut cases, &pool, &runtime);
    measure(&mut cases);
    report(&cases);
    threads(&pool);
}

/// A token with the claims that Cognito's hosted page gives, of about 1.1 kB.
fn typical(pool: &TestPool) -> TestToken {
    let token = pool.access_token("5f2b8f6e-9d0c-4a49-8a3d-0a8f0b9f6c11").client_id(CLIENT);
    token.scope("openid profile email orders/read").groups(["admins", "staff"])
}

fn add(cases: &mut Vec<Case>, name: &str, floor: usize, call: impl FnMut() + 'static) {
    cases.push(Case { name: name.to_owned(), floor, call: Box::new(call), best: Duration::MAX });
}

/// The first two cases: what the others are compared with.
fn floors(cases: &mut Vec<Case>, pool: &TestPool) {
    let token = typical(pool).sign();
    println!("a token of {} bytes, RS256, RSA-2048\n", token.len());
    let (input, signature) = token.rsplit_once('.').expect("a token");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let (key, input) = (raw_key(pool), input.to_owned());
    let verify = move || key.verify_sig(black_box(input.as_bytes()), &signature).expect("good");
    add(cases, "floor: raw signature, parsed key", SIGNATURE, verify);
    add(cases, "floor: SHA-256 of the token", SIGNATURE, move || {
        black_box(digest(&SHA256, black_box(token.as_bytes())));
    });
}

/// The same token and the same checks by `jsonwebtoken`, which parses the key at each call.
fn others(cases: &mut Vec<Case>, pool: &TestPool) {
    let keys: JwkSet = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let key = keys.find(&pool.access_key_id()).expect("the access key");
    let key = DecodingKey::from_jwk(key).expect("an RSA key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(pool.user_pool().issuers());
    validation.validate_aud = false;
    let token = typical(pool).sign();
    add(cases, "jsonwebtoken, `decode` with a kept key", SIGNATURE, move || {
        let decoded = decode::<serde_json::Value>(black_box(&token), &key, &validation);
        black_box(decoded.expect("a good token"));
    });
}

fn raw_key(pool: &TestPool) -> ParsedPublicKey {
    let jwks: serde_json::Value = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let mut keys = jwks["keys"].as_array().expect("keys").iter();
    let jwk = keys.find(|key| key["kid"] == pool.access_key_id()).expect("the access key");
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a string"));
    let (n, e) = (number("n").expect("base64url"), number("e").expect("base64url"));
    let components = RsaPublicKeyComponents { n, e };
    components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key")
}

fn verifications(cases: &mut Vec<Case>, pool: &TestPool) {
    let anew = verifier(pool, &[]);
    let many: Vec<_> = std::iter::repeat_with(TestPool::offline).take(49).collect();
    let among_many = verifier(pool, &many);
    let mut verify = |name: &str, floor: usize, verifier: &CognitoVerifier, token: String| {
        let verifier = verifier.clone();
        add(cases, name, floor, move || drop(black_box(verifier.verify_cached(black_box(&token)))));
    };
    verify("verified anew", SIGNATURE, &anew, typical(pool).sign());
    verify("verified anew, 50 trusted pools", SIGNATURE, &among_many, typical(pool).sign());
    verify(
        "verified anew, 0.7 kB",
        SIGNATURE,
        &anew,
        pool.machine_token(CLIENT).without_claim("jti").sign(),
    );
    verify(
        "verified anew, 4 kB",
        SIGNATURE,
        &anew,
        typical(pool).claim("padding", "x".repeat(2100)).sign(),
    );
    verify(
        "verified anew, 12 kB",
        SIGNATURE,
        &anew,
        typical(pool).claim("padding", "x".repeat(8100)).sign(),
    );
    for count in [1, 10, 64] {
        let name = format!("verified anew, keys in the set: {count}");
        verify(&name, SIGNATURE, &with_keys(pool, count), typical(pool).sign());
    }
    verify("from the cache", DIGEST, &pool.verifier(CLIENT), typical(pool).sign());
    verify("refused: wrong signature", SIGNATURE, &anew, typical(pool).signed_by(&many[0]).sign());
    verify("refused: unknown key", DIGEST, &anew, typical(pool).header("kid", "another").sign());
    verify("refused: expired", DIGEST, &anew, typical(pool).expired().sign());
    verify("refused: wrong issuer", DIGEST, &anew, typical(&many[0]).sign());
    verify("refused: garbage", DIGEST, &anew, "x".repeat(1100));
}

/// Without the cache of verified tokens; trusts these other pools too.
fn verifier(pool: &TestPool, others: &[TestPool]) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().without_token_cache().clock(pool.clock());
    let builder = others.iter().fold(builder, |builder, other| builder.trust(other, CLIENT));
    builder.trust(pool, CLIENT).build().expect("settings that can be")
}

/// With so many keys in the pool's set, which may have 64: first the one of access tokens, then the
/// same ones again, under other ids.
fn with_keys(pool: &TestPool, count: usize) -> CognitoVerifier {
    let mut jwks: serde_json::Value = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let keys = jwks["keys"].as_array_mut().expect("keys");
    keys.sort_by_key(|key| key["kid"] != pool.access_key_id());
    *keys = keys.iter().cycle().take(count).cloned().collect();
    for (number, key) in keys.iter_mut().enumerate().skip(2) {
        key["kid"] = format!("{number}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=").into();
    }
    let keys = JwksCache::builder(pool.user_pool()).preload(&jwks.to_string()).clock(pool.clock());
    let keys = keys.build().expect("a good set");
    let verifier = CognitoVerifier::builder().trust(keys, CLIENT).clock(pool.clock());
    verifier.without_token_cache().build().expect("settings that can be")
}

fn requests(cases: &mut Vec<Case>, pool: &TestPool, runtime: &Arc<Runtime>) {
    let bare = Router::new().route("/", get(async || "ok"));
    let anew = bare.clone().layer(CognitoLayer::new(verifier(pool, &[])));
    let cached = bare.clone().layer(CognitoLayer::new(pool.verifier(CLIENT)));
    // With keys that are never refreshed: else a token with an unknown key waits for a fetch.
    let keys = JwksCache::builder(pool.user_pool()).preload(&pool.jwks()).without_refresh();
    let keys = keys.clock(pool.clock()).build().expect("a good set");
    let for_good = CognitoVerifier::builder().trust(keys, CLIENT).clock(pool.clock()).build();
    let for_good = bare.clone().layer(CognitoLayer::new(for_good.expect("valid settings")));
    let (good, expired) = (typical(pool).sign(), typical(pool).expired().sign());
    let unknown = typical(pool).header("kid", "another").sign();
    let other = TestPool::offline();
    let (forged, foreign) = (typical(pool).signed_by(&other).sign(), typical(&other).sign());
    let floor = cases.len();
    for (name, router, token) in [
        ("floor: a request to the bare router", &bare, good.as_str()),
        ("a request, token verified anew", &anew, &good),
        ("a request, token from the cache", &cached, &good),
        ("a request, refused: wrong signature", &cached, &forged),
        ("a request, refused: expired", &cached, &expired),
        ("a request, refused: wrong issuer", &cached, &foreign),
        ("a request, refused: unknown key", &for_good, &unknown),
        ("a request, refused: garbage", &cached, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ] {
        let (runtime, router) = (Arc::clone(runtime), router.clone());
        let header = format!("Bearer {token}");
        add(cases, name, floor, move || {
            let request = Request::get("/").header("authorization", &header).body(Body::empty());
            let response = router.clone().oneshot(request.expect("a request"));
            black_box(runtime.block_on(response).expect("infallible"));
        });
    }
}

fn measure(cases: &mut [Case]) {
    for _ in 0..ROUNDS {
        for case in cases.iter_mut() {
            let start = Instant::now();
            (0..CALLS).for_each(|_| (case.call)());
            case.best = case.best.min(start.elapsed() / CALLS);
        }
    }
}

fn report(cases: &[Case]) {
    let signature = cases[0].best.as_secs_f64();
    let heads = ["time", "× floor", "× signature", "over floor, signatures"];
    println!("{:40} {:>11} {:>8} {:>12} {:>22}", "", heads[0], heads[1], heads[2], heads[3]);
    for case in cases {
        let (time, floor) = (case.best.as_secs_f64(), cases[case.floor].best.as_secs_f64());
        let (ratio, over) = (time / floor, (time - floor) / signature);
        println!(
            "{:40} {:>8.2} µs {ratio:>8.2} {:>12.3} {over:>22.3}",
            case.name,
            time * 1e6,
            time / signature
        );
    }
}

/// How much more two threads do than one, each with a token of its own; the best of many short tries.
fn threads(pool: &TestPool) {
    println!();
    let tokens = [typical(pool).sign(), typical(pool).sign()];
    let (anew, remembering) = (verifier(pool, &[]), pool.verifier(CLIENT));
    let compare = |name: &str, call: &(dyn Fn(&str) + Sync)| {
        let best = |threads: usize| {
            let tries = (0..THREAD_TRIES).map(|_| calls_at_a_time(&tokens[..threads], call));
            tries.max().unwrap_or_default()
        };
        let (one, two) = (best(1), best(2));
        println!("two threads against one, {name}: {:.2}", f64::from(two) / f64::from(one));
    };
    compare("floor, SHA-256 of the token", &|token| {
        black_box(digest(&SHA256, black_box(token.as_bytes())));
    });
    compare("verified anew", &|token| drop(black_box(anew.verify_cached(token))));
    compare("from the cache", &|token| drop(black_box(remembering.verify_cached(token))));
}

/// The calls that as many threads as tokens make in a tenth of a second.
fn calls_at_a_time(tokens: &[String], call: &(dyn Fn(&str) + Sync)) -> u32 {
    let until = Instant::now() + Duration::from_millis(100);
    let work = |token| {
        let mut calls = 0;
        while Instant::now() < until {
            (0..50).for_each(|_| call(token));
            calls += 50;
        }
        calls
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = tokens.iter().map(|token| scope.spawn(move || work(token))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).sum()
    })
}
