//! What stays in memory after a flood: nothing that grows with the number of tokens.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use allocation_counter::measure;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::runtime::{Builder, Runtime};

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const TOKENS: u32 = 100_000;
/// How many tokens come before the first look at the memory.
const FIRST: u32 = 2_000;
/// For what is kept once, like the room of a map: less than a byte for each token of a kind.
const ALLOWANCE: i64 = 8 * 1024;

/// All runs on the thread that measures, in a time that the test moves.
fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// This token under a `kid` that no other token has.
fn with_kid(number: u32, token: &str) -> String {
    let (_, rest) = token.split_once('.').expect("three parts");
    let header = format!(r#"{{"kid":"unknown-{number}","alg":"RS256"}}"#);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

/// What a flood is made of, and what is said of each.
fn kinds(pool: &TestPool) -> [(String, VerifyError); 4] {
    let good = || pool.access_token("alice").client_id(CLIENT);
    let foreign = TestPool::offline().access_token("mallory").client_id(CLIENT);
    [
        // Each waits for a fetch of its own, which takes 2.5 seconds.
        (good().expires_in(Duration::from_secs(48 * 3600)).sign(), VerifyError::UnknownKey),
        (good().expired().sign(), VerifyError::Expired),
        (foreign.sign(), VerifyError::Issuer),
        (good().client_id("another").sign(), VerifyError::Client),
    ]
}

/// For each number a token of each kind: none comes twice.
async fn flood(verifier: &CognitoVerifier, kinds: &[(String, VerifyError)], numbers: Range<u32>) {
    for number in numbers {
        for (template, expected) in kinds {
            let verdict = verifier.verify(&with_kid(number, template)).await;
            assert_eq!(verdict.err().as_ref(), Some(expected), "{number}");
        }
        if number % 100 == 0 {
            tokio::time::advance(Duration::from_millis(240)).await;
        }
    }
}

#[test]
fn a_flood_of_tokens_that_are_refused_leaves_nothing_in_memory() {
    let (pool, runtime) = (TestPool::offline(), paused_runtime());
    let verifier = pool.verifier(CLIENT);
    let kinds = kinds(&pool);
    let number = |tokens: u32| tokens / u32::try_from(kinds.len()).expect("a few");
    let live = |tokens: Range<u32>| {
        let numbers = number(tokens.start)..number(tokens.end);
        measure(|| runtime.block_on(flood(&verifier, &kinds, numbers))).bytes_current
    };
    let (first, rest) = (live(0..FIRST), live(FIRST..FIRST + TOKENS));
    println!("{first} bytes after {FIRST} tokens, {rest} more after {TOKENS} more");
    assert!(rest <= ALLOWANCE, "{rest} bytes more after {TOKENS} tokens");
    assert!(pool.jwks_requests() > 1, "the keys were read again meanwhile");
}

#[test]
fn more_good_tokens_than_are_remembered_leave_no_more_in_memory() {
    let pool = TestPool::offline();
    let builder = CognitoVerifier::builder().trust(&pool, CLIENT).clock(pool.clock());
    let capacity = NonZeroUsize::new(100).expect("more than none");
    let verifier = builder.token_cache(capacity).build().expect("settings that can be");
    let live = |numbers: Range<u32>| {
        let tokens: Vec<_> = numbers.map(|number| signed(&pool, number)).collect();
        let verify = |token: &String| drop(verifier.verify_cached(token).expect("a good token"));
        measure(|| tokens.iter().for_each(verify)).bytes_current
    };
    let (first, rest) = (live(0..300), live(300..1500));
    println!("{first} bytes after 300 tokens, {rest} more after 1200 more");
    assert!(first > 0, "nothing is remembered");
    assert!(rest <= ALLOWANCE, "{rest} bytes more after 1200 tokens");
}

#[test]
fn a_remembered_token_that_has_expired_is_forgotten_as_soon_as_it_comes_again() {
    let pool = TestPool::offline();
    let (verifier, token) = (pool.verifier(CLIENT), signed(&pool, 0));
    verifier.verify_cached(&token).expect("a good token");
    pool.clock().advance(Duration::from_secs(3600));
    let verify = || drop(verifier.verify_cached(&token).expect_err("an expired token"));
    let live = [measure(verify).bytes_current, measure(verify).bytes_current];
    assert!(live[0] < -500 && live[1] == 0, "{live:?}");
}

/// A good token of about a kilobyte, as of no other user.
fn signed(pool: &TestPool, number: u32) -> String {
    let token = pool.access_token(&format!("user-{number}")).client_id(CLIENT);
    token.scope("openid profile orders/read").groups(["admins", "staff"]).sign()
}

#[test]
fn verified_tokens_are_bounded_in_bytes_whatever_is_in_them() {
    let pool = TestPool::offline();
    let builder = CognitoVerifier::builder().trust(&pool, CLIENT).clock(pool.clock());
    let capacity = NonZeroUsize::new(100).expect("more than none");
    let verifier = builder.token_cache(capacity).build().expect("settings that can be");
    let tokens: Vec<_> = (0..100)
        .map(|user| {
            let groups = (0..1500).map(|group| group.to_string());
            let token = pool.access_token(&format!("user-{user}")).client_id(CLIENT);
            token.groups(groups).sign()
        })
        .collect();
    let verify = |token: &String| drop(verifier.verify_cached(token).expect("a good token"));
    let live = measure(|| tokens.iter().for_each(verify)).bytes_current;
    println!("{live} bytes of tokens of {} bytes", tokens[0].len());
    assert!(live > 100 * 1024, "nothing is cached");
    assert!(live <= 100 * 4 * 1024 + ALLOWANCE, "{live} bytes");
}
