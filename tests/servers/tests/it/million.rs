//! A list of a million entries.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum_cognito::{OnLoss, Revocations};
use servers::{Fleet, Options, Program, Server, Verdict};

use crate::common::{LIMIT, log};

const ENTRIES: u64 = 1_000_000;
/// Where the entries of the list itself take 70 bytes each.
const BYTES_PER_ENTRY: u64 = 200;
const LOOKUPS: u32 = 20_000;

/// With neither durability nor Valkey: it is the reader that is measured.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_million_entries_are_read_and_looked_up() {
    let server = Options::of(Program::Redis).in_memory().start();
    let mut fleet = Fleet::new(0, || log(&server), OnLoss::Accept);
    tokio::task::block_in_place(|| fill(&server, &fleet.pool_id()));

    let before = resident();
    let began = Instant::now();
    let revocations = Revocations::shared(log(&server), OnLoss::RefuseAfter(LIMIT));
    while revocations.ready().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(600), "a million entries are read");
    }
    let took = began.elapsed();
    assert_eq!(revocations.status().entries(), usize::try_from(ENTRIES).expect("it fits"));
    let grown = resident().saturating_sub(before);
    println!("{ENTRIES} entries: read in {took:?}, {} bytes each", grown / ENTRIES);
    assert!(grown < ENTRIES * BYTES_PER_ENTRY, "{grown} bytes");
    drop(revocations);

    let member = fleet.join(log(&server), OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let other = fleet.token("alice");
    let began = Instant::now();
    for _ in 0..LOOKUPS {
        assert_eq!(fleet.verdict(member, &other).await, Verdict::Accepted);
    }
    println!("a cached token: {:?} a verification", began.elapsed() / LOOKUPS);
}

/// A million users were signed out a moment ago, each with an entry of its own.
fn fill(server: &Server, pool_id: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let (time, until) = (now.as_secs(), now.as_secs() + 86_400);
    let mut connection = server.connect();
    for thousand in 0..ENTRIES / 1000 {
        let mut commands = ::redis::pipe();
        for number in 0..1000 {
            let user = thousand * 1000 + number;
            let text =
                format!("1 u {pool_id} {time} {until} {user:08x}-9dad-41d1-80b4-00c04fd430c8");
            commands
                .cmd("XADD")
                .arg("axum-cognito:revocations")
                .arg("*")
                .arg("e")
                .arg(text)
                .ignore();
        }
        commands.exec(&mut connection).expect("the server takes them");
    }
}

/// What this process has in memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
