//! How many instructions each hot path takes, counted by callgrind: a regression shows whatever else
//! the machine is doing.
//!
//! ```sh
//! cargo bench --bench instructions              # compares with the committed baseline
//! cargo bench --bench instructions -- --write   # makes a new one
//! ```
//!
//! It starts itself under valgrind, which must be installed. valgrind shows programs a processor with
//! AVX2 and without the newest extensions, so the crypto library takes more instructions there than
//! it does outside; what the crate adds to it is the same.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use axum::{Router, body::Body, http::Request, routing::get};
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoLayer, CognitoVerifier};
use tokio::runtime::Builder;
use tower::ServiceExt;

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const CALLS: u64 = 50;
/// What a count may be above the baseline: compilers and libraries change too.
const MARGIN_PERCENT: u64 = 10;

type Case = (&'static str, Box<dyn FnMut()>);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if env::args().any(|argument| argument == "--under-callgrind") {
        cases().iter_mut().for_each(|(_, call)| {
            // What happens only once is not counted.
            call();
            measured(call.as_mut());
        });
        return Ok(ExitCode::SUCCESS);
    }
    let counts = count()?;
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    if env::args().any(|argument| argument == "--write") {
        fs::write(&baseline, text(&counts)?)?;
        println!("wrote the baseline");
    }
    compare(&counts, &read(&baseline)?)
}

/// What callgrind counts, and dumps when it is left.
#[inline(never)]
fn measured(call: &mut dyn FnMut()) {
    (0..CALLS).for_each(|_| call());
}

/// A token with the claims that Cognito's hosted page gives, of about 1.1 kB.
fn typical(pool: &TestPool) -> TestToken {
    let token = pool.access_token("5f2b8f6e-9d0c-4a49-8a3d-0a8f0b9f6c11").client_id(CLIENT);
    token.scope("openid profile email orders/read").groups(["admins", "staff"])
}

fn cases() -> Vec<Case> {
    let (pool, other) = (TestPool::offline(), TestPool::offline());
    let anew = CognitoVerifier::builder().trust(&pool, CLIENT).without_token_cache();
    let anew = anew.clock(pool.clock()).build().expect("settings that can be");
    let verify = |name, verifier: &CognitoVerifier, token: String| -> Case {
        let verifier = verifier.clone();
        (name, Box::new(move || drop(black_box(verifier.verify_cached(black_box(&token))))))
    };
    vec![
        verify("verified anew", &anew, typical(&pool).sign()),
        verify("from the cache", &pool.verifier(CLIENT), typical(&pool).sign()),
        verify("refused: wrong signature", &anew, with_another_signature(&typical(&pool).sign())),
        verify("refused: unknown key", &anew, typical(&pool).header("kid", "another").sign()),
        verify("refused: expired", &anew, typical(&pool).expired().sign()),
        verify("refused: wrong issuer", &anew, typical(&other).sign()),
        request("request: bare router", &pool, None),
        request("request: from the cache", &pool, Some(pool.verifier(CLIENT))),
        request("request: refused", &other, Some(pool.verifier(CLIENT))),
    ]
}

/// One changed near its end stays below the modulus: nothing refuses it before the arithmetic does.
fn with_another_signature(token: &str) -> String {
    let at = token.len() - 10;
    let other = if token[at..].starts_with('A') { 'B' } else { 'A' };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// A whole request, with a token of this pool, to a router behind this verifier.
fn request(name: &'static str, pool: &TestPool, verifier: Option<CognitoVerifier>) -> Case {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let router = Router::new().route("/", get(async || "ok"));
    let router = match verifier {
        Some(verifier) => router.layer(CognitoLayer::new(verifier)),
        None => router,
    };
    let header = format!("Bearer {}", typical(pool).sign());
    let call = move || {
        let request = Request::get("/").header("authorization", &header).body(Body::empty());
        let response = router.clone().oneshot(request.expect("a request"));
        black_box(runtime.block_on(response).expect("infallible"));
    };
    (name, Box::new(call))
}

/// The instructions of one call of each case.
fn count() -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("callgrind");
    fs::create_dir_all(&folder)?;
    for old in fs::read_dir(&folder)? {
        fs::remove_file(old?.path())?;
    }
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--toggle-collect=*measured*",
            "--dump-after=instructions::measured",
        ])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(env::current_exe()?)
        .arg("--under-callgrind")
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let names = cases().into_iter().map(|(name, _)| name.to_owned());
    (1..).zip(names).map(|(number, name)| Ok((name, total(&folder, number)? / CALLS))).collect()
}

/// What one dump counted.
fn total(folder: &Path, number: u32) -> Result<u64, Box<dyn Error>> {
    let dump = fs::read_to_string(folder.join(format!("out.{number}")))?;
    let totals = dump.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(totals.ok_or("a dump without a total")?.trim().parse()?)
}

fn text(counts: &BTreeMap<String, u64>) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    counts.iter().try_for_each(|(name, count)| writeln!(text, "{count:>9}  {name}"))?;
    Ok(text)
}

fn read(baseline: &Path) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let line = |line: &str| -> Result<(String, u64), Box<dyn Error>> {
        let (count, name) = line.trim().split_once("  ").ok_or("a line without a name")?;
        Ok((name.to_owned(), count.parse()?))
    };
    fs::read_to_string(baseline)?.lines().map(line).collect()
}

fn compare(
    counts: &BTreeMap<String, u64>,
    baseline: &BTreeMap<String, u64>,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut grown = counts.len() != baseline.len();
    println!("{:28} {:>12} {:>12}", "instructions", "now", "baseline");
    for (name, count) in counts {
        let before = *baseline.get(name).ok_or(format!("{name} is not in the baseline"))?;
        let most = before + before * MARGIN_PERCENT / 100;
        let verdict = if *count > most { "  GROWN" } else { "" };
        println!("{name:28} {count:>12} {before:>12}{verdict}");
        grown |= *count > most;
    }
    Ok(if grown { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
