//! What stands in the stream can only refuse: it stops no reader, and fills no memory.

use std::time::Duration;

use axum_cognito::RevocationsState;
use servers::{Options, Program, Server, Verdict};
use tokio::time::sleep;

use crate::common::{SOON, strict_fleet, with_each_server};

with_each_server!(
    garbage_is_skipped,
    an_entry_of_a_version_to_come_is_skipped,
    entries_that_are_too_long_together_are_read_one_by_one,
    an_entry_that_is_almost_too_long_stops_nothing_behind_it,
    an_entry_that_is_too_long_is_stepped_over_without_being_read,
    the_last_possible_id_does_not_end_the_list,
    a_key_of_another_type_is_an_error_until_it_is_gone,
);

const KEY: &str = "axum-cognito:revocations";

/// Whether the list works: a sign-out is seen, and no other token is refused.
async fn works(fleet: &servers::Fleet) {
    let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    fleet.all_become(Verdict::Accepted, &other, SOON).await;
}

fn add(server: &Server, id: &str, fields: &[&[u8]]) {
    let mut command = ::redis::cmd("XADD");
    command.arg(KEY).arg(id).arg(fields);
    command.exec(&mut server.connect()).expect("the server takes it");
}

async fn garbage_is_skipped(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(2, &server).await;
    let garbage: &[&[&[u8]]] = &[
        &[b"", b""],
        &[b"e", b""],
        &[b"e", b"\xff\xfe\0"],
        &[b"e", b"1 s eu-west-1_AbCdEfGhI"],
        &[b"e", b"1 x eu-west-1_AbCdEfGhI 1 99999999999 alice"],
        &[b"e", b"1 s nowhere 1 2 \r\n\x1b[31m"],
        &[b"E", b"1 p eu-west-1_AbCdEfGhI 4294967295 4294967295"],
        &[b"e", b"0 p eu-west-1_AbCdEfGhI 4294967295 4294967295"],
        &[b"e", b"-1 p eu-west-1_AbCdEfGhI 4294967295 4294967295"],
        &[b"other", b"x", b"e", b"not an entry", b"e", b"nor this", b"more", b"y"],
        &[b"e", &[b'1'; 100_000]],
        &[&[0; 100_000], b"x"],
    ];
    for fields in garbage {
        add(&server, "*", fields);
    }
    works(&fleet).await;
    let status = fleet.members()[1].revocations.status();
    assert_eq!(status.entries(), 1, "only the one that was ended: {status:?}");
    assert_eq!(status.state(), RevocationsState::Current);
}

async fn an_entry_of_a_version_to_come_is_skipped(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(2, &server).await;
    let pool = fleet.pool_id();
    add(&server, "*", &[b"e", format!("2 everything of {pool}, in words").as_bytes()]);
    add(&server, "*", &[b"e", format!("4294967295 p {pool} 4294967295 4294967295").as_bytes()]);
    works(&fleet).await;
    assert_eq!(fleet.members()[1].revocations.status().entries(), 1);
}

async fn entries_that_are_too_long_together_are_read_one_by_one(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(1, &server).await;
    server.pause(Duration::from_secs(1));
    for _ in 0..10 {
        add(&server, "*", &[b"e", &vec![b'x'; 1_000_000]]);
    }
    works(&fleet).await;
    let late = strict_fleet(2, &server).await;
    works(&late).await;
}

async fn an_entry_that_is_almost_too_long_stops_nothing_behind_it(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(1, &server).await;
    add(&server, "*", &[b"e", &vec![b'x'; 4 * 1024 * 1024 - 2000]]);
    for _ in 0..3 {
        // With each read more than is read at once, if the long one came with it again.
        works(&fleet).await;
    }
    works(&strict_fleet(2, &server).await).await;
    let length = ::redis::from_redis_value::<usize>(server.call(&["XLEN", KEY]));
    assert_eq!(length.expect("a number"), 5, "none of them was deleted");
}

async fn an_entry_that_is_too_long_is_stepped_over_without_being_read(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(2, &server).await;
    let before = resident();
    // More at once than one read steps over.
    for _ in 0..20 {
        add(&server, "*", &[b"e", &vec![b'x'; 5_000_000]]);
    }
    add(&server, "*", &[b"e", &vec![b'x'; 50_000_000]]);
    works(&fleet).await;
    let late = strict_fleet(2, &server).await;
    works(&late).await;
    // The test itself has made one of them.
    let grown = resident().saturating_sub(before) / 1_000_000;
    println!("{program:?}: {grown} MB more in memory");
    let length = ::redis::from_redis_value::<usize>(server.call(&["XLEN", KEY]));
    assert_eq!(length.expect("a number"), 2, "such entries are gone from the server");
}

async fn the_last_possible_id_does_not_end_the_list(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(2, &server).await;
    let before = fleet.token("alice");
    fleet.end(0, &before).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &before, SOON).await;
    add(&server, "18446744073709551615-18446744073709551615", &[b"e", b"the end"]);
    sleep(Duration::from_millis(500)).await;
    works(&fleet).await;
    fleet.all_become(Verdict::Ended, &before, SOON).await;
    let mut fleet = fleet;
    let log = crate::common::log(&server);
    for _ in 0..30 {
        sleep(Duration::from_millis(500)).await;
        let length = ::redis::from_redis_value::<usize>(server.call(&["XLEN", KEY]));
        if length.expect("a number") >= 2 {
            break;
        }
    }
    let late = fleet.join(log, axum_cognito::OnLoss::RefuseAfter(crate::common::LIMIT));
    assert_eq!(fleet.verdict(late, &before).await, Verdict::Ended, "the list was restored");
}

async fn a_key_of_another_type_is_an_error_until_it_is_gone(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(2, &server).await;
    server.call(&["SET", KEY, "a string"]);
    let token = fleet.token("alice");
    fleet.becomes(Verdict::Unavailable, 1, &token, SOON).await;
    let error = fleet.end(0, &token).await.expect_err("there is no stream");
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
    server.call(&["DEL", KEY]);
    let other = fleet.token("alice");
    fleet.all_become(Verdict::Accepted, &other, SOON).await;
    works(&fleet).await;
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
