//! The guide's log on PostgreSQL, with a real server.

#[path = "../../../../src/guide/postgres_log.rs"]
mod postgres_log;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_cognito::{Cursor, OnLoss, Revocation, RevocationLog as _};
use servers::{Fleet, Postgres, Verdict};
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::postgres_log::{PostgresLog, SCHEMA};
use crate::common::SOON;

/// A server with the table, and a connection of the test's own.
async fn server() -> (Postgres, tokio_postgres::Client) {
    let server = Postgres::start();
    let client = connect(&server).await;
    client.batch_execute(SCHEMA).await.expect("the table can be made");
    (server, client)
}

async fn connect(server: &Postgres) -> tokio_postgres::Client {
    let started = Instant::now();
    loop {
        match tokio_postgres::connect(&server.config(), tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) => assert!(started.elapsed() < Duration::from_secs(60), "{error}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn fleet(count: usize, server: &Postgres) -> Fleet {
    let log = || PostgresLog::new(server.config());
    let fleet = Fleet::new(count, log, OnLoss::RefuseAfter(Duration::from_secs(30)));
    fleet.ready().await;
    fleet
}

/// Waits until this program refuses the token.
async fn is_ended(fleet: &Fleet, member: usize, token: &str) {
    let started = Instant::now();
    while fleet.verdict(member, token).await != Verdict::Ended {
        assert!(started.elapsed() < SOON, "program {member} does not know of the end");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_is_seen_by_every_program_and_by_one_that_starts_later() {
    let (server, _client) = server().await;
    let mut fleet = fleet(3, &server).await;
    let [ended, other] = ["alice", "bob"].map(|user| fleet.token(user));
    fleet.end(0, &ended).await.expect("the table takes it");
    assert_eq!(fleet.verdict(0, &ended).await, Verdict::Ended);
    for member in 0..3 {
        is_ended(&fleet, member, &ended).await;
        assert_eq!(fleet.verdict(member, &other).await, Verdict::Accepted);
    }
    let later = fleet.join(PostgresLog::new(server.config()), OnLoss::Accept);
    fleet.ready().await;
    assert_eq!(fleet.verdict(later, &ended).await, Verdict::Ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_four_hundred_appends_at_a_time_a_reader_misses_none() {
    let (server, _client) = server().await;
    let log = Arc::new(PostgresLog::new(server.config()));
    let mut appends = JoinSet::new();
    for writer in 0..8 {
        let log = Arc::clone(&log);
        appends.spawn(async move {
            for number in 0..50 {
                let sub = format!("{writer} {number}");
                let entry = Revocation::user("eu-west-1_AbCdEfGhI", sub).expect("an entry");
                log.append(vec![entry]).await.expect("the table takes it");
            }
        });
    }
    let reader = PostgresLog::new(server.config());
    let mut cursor: Option<Cursor> = None;
    let mut read = 0;
    let started = Instant::now();
    while read < 400 {
        assert!(started.elapsed() < Duration::from_secs(120), "{read} of 400 were read");
        let batch = reader.read(cursor.clone(), Duration::from_secs(1)).await.expect("the table");
        assert!(!batch.lost_past);
        read += batch.entries.len();
        cursor = batch.next.or(cursor);
    }
    appends.join_all().await;
    assert_eq!(read, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    let (server, _client) = server().await;
    let fleet = fleet(2, &server).await;
    let mut acknowledged = Vec::new();
    for number in 0..20 {
        let token = fleet.token(&format!("user {number}"));
        if number == 10 {
            server.kill_and_restart();
        }
        if fleet.end(0, &token).await.is_ok() {
            acknowledged.push(token);
        }
    }
    assert!(acknowledged.len() >= 10, "{}", acknowledged.len());
    for token in &acknowledged {
        is_ended(&fleet, 1, token).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_was_emptied_is_healed_by_its_readers() {
    let (server, client) = server().await;
    let mut fleet = fleet(2, &server).await;
    let token = fleet.token("alice");
    fleet.end(0, &token).await.expect("the table takes it");
    is_ended(&fleet, 1, &token).await;
    client.batch_execute("TRUNCATE revocations").await.expect("it can be emptied");
    let started = Instant::now();
    loop {
        let row = client.query_one("SELECT count(*) FROM revocations", &[]).await.expect("a row");
        if row.get::<_, i64>(0) > 0 {
            break;
        }
        assert!(started.elapsed() < SOON, "nobody has healed the table");
        sleep(Duration::from_millis(50)).await;
    }
    let later = fleet.join(PostgresLog::new(server.config()), OnLoss::Accept);
    fleet.ready().await;
    is_ended(&fleet, later, &token).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_that_are_no_entries_are_skipped() {
    let (server, client) = server().await;
    let fleet = fleet(2, &server).await;
    let garbage = "INSERT INTO revocations (entry, until)
                   SELECT 'garbage ' || n, now() FROM generate_series(1, 2500) n";
    client.batch_execute(garbage).await.expect("rows");
    let token = fleet.token("alice");
    fleet.end(0, &token).await.expect("the table takes it");
    is_ended(&fleet, 1, &token).await;
}
