//! What happens when the stream is not what it was: the readers notice, and restore it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum_cognito::{OnLoss, RedisLog, Revocation, RevocationLog as _, RevocationsState};
use servers::{Fleet, Options, Program, Proxy, Verdict};
use tokio::time::sleep;

use crate::common::{LIMIT, SOON, log, strict_fleet, with_each_server};

with_each_server!(
    an_emptied_server_gets_its_list_back_from_the_readers,
    an_entry_that_was_lost_before_its_own_process_read_it_comes_back,
    a_server_that_keeps_nothing_gets_its_list_back_after_a_restart,
    a_promoted_replica_gets_its_lost_tail_back,
    entries_behind_a_clock_that_was_set_back_are_read,
    a_primary_that_became_a_replica_is_not_believed,
);

/// A program that starts now knows this soon that the token was ended.
async fn is_restored(fleet: &mut Fleet, log: impl Fn() -> RedisLog, ended: &[String]) {
    for token in ended {
        let mut rounds = 0;
        loop {
            let late = fleet.join(log(), OnLoss::RefuseAfter(LIMIT));
            if fleet.verdict(late, token).await == Verdict::Ended {
                break;
            }
            rounds += 1;
            assert!(rounds < 30, "the list is restored");
            sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn an_emptied_server_gets_its_list_back_from_the_readers(program: Program) {
    let server = Options::of(program).start();
    let mut fleet = strict_fleet(3, &server).await;
    let ended: Vec<_> = (0..20).map(|_| fleet.token("alice")).collect();
    for token in &ended {
        fleet.end(0, token).await.expect("the server acknowledges it");
        fleet.all_become(Verdict::Ended, token, SOON).await;
    }
    server.flush();
    // A new entry at once, so that the newest id is not behind the readers' place.
    let next = fleet.token("alice");
    fleet.end(1, &next).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &next, SOON).await;
    is_restored(&mut fleet, || log(&server), &ended).await;
    let length: usize = redis_value(&server, &["XLEN", "axum-cognito:revocations"]);
    println!("{program:?}: {length} entries restored of 21, by 3 readers");
    assert!(length <= 63, "each reader appends only what is missing: {length}");
}

async fn an_entry_that_was_lost_before_its_own_process_read_it_comes_back(program: Program) {
    let server = Options::of(program).start();
    let log = log(&server);
    let entry = Revocation::user("eu-west-1_AbCdEfGhI", "alice").expect("it is right");
    // The stream is empty, so there is nothing that the reader could recognize it by.
    let read = log.read(None, Duration::ZERO).await.expect("the server answers");
    assert_eq!((read.entries.len(), read.lost_past), (0, false));
    log.append(vec![entry.clone()]).await.expect("the server acknowledges it");
    server.flush();
    let read = log.read(read.next, Duration::ZERO).await.expect("the server answers");
    assert!(read.lost_past, "what was acknowledged is not there");
    log.append(vec![entry]).await.expect("the server acknowledges it");
    let read = log.read(None, Duration::ZERO).await.expect("the server answers");
    assert_eq!((read.entries.len(), read.lost_past), (1, false));
}

async fn a_server_that_keeps_nothing_gets_its_list_back_after_a_restart(program: Program) {
    let server = Options::of(program).in_memory().start();
    let mut fleet = strict_fleet(3, &server).await;
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    tokio::task::block_in_place(|| server.restart());
    is_restored(&mut fleet, || log(&server), &[ended]).await;
}

async fn a_promoted_replica_gets_its_lost_tail_back(program: Program) {
    let primary = Options::of(program).start();
    let replica = primary.replica();
    let proxy = Proxy::to(primary.port()).await;
    let url = format!("redis://:pass-word@127.0.0.1:{}", proxy.port());
    let log = || RedisLog::new(&url).expect("the URL is right");
    let mut fleet = Fleet::new(3, log, OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let [kept, lost] = [fleet.token("alice"), fleet.token("alice")];
    fleet.end(0, &kept).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &kept, SOON).await;
    for _ in 0..200 {
        if redis_value::<usize>(&replica, &["XLEN", "axum-cognito:revocations"]) == 1 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    // From here on the replica hears nothing, and the primary acknowledges.
    replica.promote();
    fleet.end(0, &lost).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &lost, SOON).await;
    primary.kill();
    // The first thing that the new primary takes is newer than what it lacks.
    let next = fleet.token("alice");
    proxy.switch_to(replica.port());
    while fleet.end(1, &next).await.is_err() {
        sleep(Duration::from_millis(100)).await;
    }
    is_restored(&mut fleet, log, &[kept, lost, next]).await;
}

async fn entries_behind_a_clock_that_was_set_back_are_read(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(3, &server).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let future = now.as_millis() + 600_000;
    let add = |id: String| {
        server.call(&["XADD", "axum-cognito:revocations", &id, "e", "nothing of ours"]);
    };
    add(format!("{future}-0"));
    sleep(Duration::from_secs(2)).await;
    // What a failover to a server leaves whose clock is ten minutes behind.
    server.call(&["DEL", "axum-cognito:revocations"]);
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    let seen = fleet.all_become(Verdict::Ended, &ended, SOON).await;
    println!("{program:?}: seen {seen:?} after the clock was set back");
}

async fn a_primary_that_became_a_replica_is_not_believed(program: Program) {
    let server = Options::of(program).start();
    let other = Options::of(program).start();
    let fleet = strict_fleet(1, &server).await;
    let token = fleet.token("alice");
    server.call(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]);
    fleet.becomes(Verdict::Unavailable, 0, &token, SOON).await;
    let status = fleet.members()[0].revocations.status();
    let error = status.last_error().expect("there is an error").to_string();
    assert!(error.contains("replica") || error.contains("MASTERDOWN"), "{error}");
    assert!(fleet.end(0, &token).await.is_err(), "a replica takes nothing");
    let other_token = fleet.token("alice");
    server.promote();
    fleet.becomes(Verdict::Accepted, 0, &other_token, SOON).await;
    assert_eq!(fleet.members()[0].revocations.status().state(), RevocationsState::Current);
}

fn redis_value<T: ::redis::FromRedisValue>(server: &servers::Server, command: &[&str]) -> T {
    ::redis::from_redis_value(server.call(command)).expect("the answer has this type")
}
