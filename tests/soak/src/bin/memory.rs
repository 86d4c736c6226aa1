//! What a remembered token and a key take, and whether anything grows while distinct tokens pass.
//!
//! ```sh
//! cargo run --release -p soak --bin memory         # a million tokens
//! cargo run --release -p soak --bin memory -- 10   # ten million
//! ```
//!
//! No bad token is like another: they are expired, forged, of another issuer, or have a key that
//! nobody has. The good ones are twice as many as are remembered, so each drives another one out. It
//! fails if more is in use at the end than when all kinds of token had passed.

use std::env;
use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use allocation_counter::measure;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache};
use serde_json::Value;

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1000).unwrap();
const PARTS: usize = 10;
/// What the allocator and the pages that it keeps may vary by.
const MAX_GROWTH_KIB: u64 = 1024;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let number = env::args().nth(1).and_then(|millions| millions.parse::<usize>().ok());
    let millions = number.unwrap_or(1);
    let pool = TestPool::offline();
    let good: Vec<_> = (0..2 * REMEMBERED.get()).map(|number| good(&pool, number)).collect();
    token(&pool, &good[..REMEMBERED.get()]);
    key(&pool)?;
    flood(&pool, &good, millions * 1_000_000)
}

/// A token with the claims that Cognito's hosted page gives, unlike any other.
fn good(pool: &TestPool, number: usize) -> String {
    let token = pool.access_token(&format!("5f2b8f6e-9d0c-4a49-8a3d-{number:012}"));
    let token = token.client_id(CLIENT).scope("openid profile email orders/read");
    token.groups(["admins", "staff"]).sign()
}

fn verifier(pool: &TestPool) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(pool, CLIENT).token_cache(REMEMBERED);
    builder.clock(pool.clock()).build().expect("settings that can be")
}

/// What one remembered token takes, with its share of the cache.
fn token(pool: &TestPool, tokens: &[String]) {
    let mut full = None;
    let info = measure(|| {
        let verifier = verifier(pool);
        for token in tokens {
            verifier.verify_cached(token).expect("a good token");
        }
        full = Some(verifier);
    });
    let each = info.bytes_current / i64::try_from(tokens.len()).expect("few");
    println!("a remembered token of {} bytes takes {each} bytes", tokens[0].len());
    drop(full);
}

/// What one key takes, the crypto library's part of it too.
fn key(pool: &TestPool) -> Result<(), Box<dyn Error>> {
    const SETS: u64 = 100;
    const KEYS: u64 = 64;
    let mut jwks: Value = serde_json::from_str(&pool.jwks())?;
    let key = jwks["keys"][0].clone();
    let keys = (0..KEYS).map(|number| {
        let mut key = key.clone();
        key["kid"] = format!("{number:043}=").into();
        key
    });
    jwks["keys"] = keys.collect();
    let jwks = jwks.to_string();
    let before = in_use()?;
    let caches: Result<Vec<_>, _> =
        (0..SETS).map(|_| JwksCache::builder(pool.user_pool()).preload(&jwks).build()).collect();
    let caches = caches?;
    let grown = (in_use()? - before) * 1024;
    println!("a key of 2048 bits takes {} bytes", grown / (SETS * KEYS));
    drop(caches);
    Ok(())
}

fn flood(pool: &TestPool, good: &[String], requests: usize) -> Result<ExitCode, Box<dyn Error>> {
    let verifier = verifier(pool);
    let other = TestPool::offline();
    let bad = [
        pool.access_token("alice").client_id(CLIENT).expired().sign(),
        other.access_token("alice").client_id(CLIENT).sign(),
        pool.access_token("alice").client_id(CLIENT).signed_by(&other).sign(),
        pool.access_token("alice").client_id(CLIENT).header("kid", "nobody's").sign(),
    ];
    let (mut accepted, mut first) = (0, None);
    for part in 1..=PARTS {
        for number in (part - 1) * requests / PARTS..part * requests / PARTS {
            let token = match number % 10 {
                0 => good[number / 10 % good.len()].clone(),
                kind => varied(&bad[kind % bad.len()], number),
            };
            accepted += usize::from(verifier.verify_cached(&token).is_ok());
        }
        let used = in_use()?;
        println!("{:>10} tokens, {accepted:>8} accepted, {used:>7} KiB", part * requests / PARTS);
        first.get_or_insert(used);
    }
    let grown = in_use()?.saturating_sub(first.unwrap_or_default());
    let kept = grown <= MAX_GROWTH_KIB && accepted == requests / 10;
    println!(
        "grown by {grown} KiB, {MAX_GROWTH_KIB} allowed{}",
        if kept { "" } else { ": BROKEN" }
    );
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same token with another signature: another one, to all who remember tokens.
fn varied(token: &str, number: usize) -> String {
    let (rest, _) = token.split_at(token.len() - 22);
    format!("{rest}{number:021}A")
}

/// Resident memory in KiB, as Linux tells it.
fn in_use() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.ok_or("no resident size")?.trim().trim_end_matches("kB").trim().parse()?)
}
