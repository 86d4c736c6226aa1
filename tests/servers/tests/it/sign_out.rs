//! What happens while nothing fails.

use std::time::Duration;

use axum_cognito::{OnLoss, RedisLog, Revocation, Revocations};
use servers::{Fleet, Options, Program, Verdict};
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::common::{LIMIT, SOON, log, strict_fleet, with_each_server};

with_each_server!(
    a_sign_out_is_seen_by_eight_verifiers,
    a_verifier_that_starts_later_knows_what_was_ended,
    two_keys_are_two_lists,
    a_list_goes_on_in_another_runtime,
    the_connections_are_closed_with_the_last_clone,
    old_entries_are_removed,
);

async fn a_sign_out_is_seen_by_eight_verifiers(program: Program) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(8, &server).await;
    let mut times = Vec::new();
    for number in 0..40 {
        let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
        for member in 0..8 {
            assert_eq!(fleet.verdict(member, &ended).await, Verdict::Accepted);
        }
        fleet.end(number % 8, &ended).await.expect("the server acknowledges it");
        assert_eq!(fleet.verdict(number % 8, &ended).await, Verdict::Ended, "at once at home");
        times.push(fleet.all_become(Verdict::Ended, &ended, SOON).await);
        for member in 0..8 {
            assert_eq!(fleet.verdict(member, &other).await, Verdict::Accepted, "no other token");
        }
    }
    times.sort();
    println!("{program:?}: seen by all of 8 after p50 {:?}, max {:?}", times[20], times[39]);
    assert!(times[20] < Duration::from_secs(1), "half of them within a second: {times:?}");
}

async fn a_verifier_that_starts_later_knows_what_was_ended(program: Program) {
    let server = Options::of(program).start();
    let mut fleet = strict_fleet(1, &server).await;
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    let late = fleet.join(log(&server), OnLoss::RefuseAfter(LIMIT));
    // Without `ready`: its first request waits for the list.
    assert_eq!(fleet.verdict(late, &ended).await, Verdict::Ended);
}

async fn two_keys_are_two_lists(program: Program) {
    let server = Options::of(program).start();
    let mut fleet = strict_fleet(1, &server).await;
    let other = fleet.join(log(&server).key("other"), OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fleet.verdict(other, &ended).await, Verdict::Accepted);
}

async fn a_list_goes_on_in_another_runtime(program: Program) {
    let server = Options::of(program).start();
    let revocations = Revocations::shared(log(&server), OnLoss::RefuseAfter(LIMIT));
    let add = |user: &'static str| {
        let revocations = revocations.clone();
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                revocations.ready().await.expect("the list is read");
                let entry = Revocation::user("eu-west-1_AbCdEfGhI", user).expect("it is right");
                revocations.add([entry]).await.expect("the server acknowledges it");
            });
        })
    };
    add("alice").join().expect("the first runtime does it");
    add("bob").join().expect("the second runtime does it");
    let elsewhere = Revocations::shared(log(&server), OnLoss::Accept);
    elsewhere.ready().await.expect("the list is read");
    assert_eq!(elsewhere.status().entries(), 2);
}

async fn the_connections_are_closed_with_the_last_clone(program: Program) {
    let server = Options::of(program).start();
    let revocations = Revocations::shared(log(&server), OnLoss::Accept);
    revocations.ready().await.expect("the list is read");
    let entry = Revocation::user("eu-west-1_AbCdEfGhI", "alice").expect("it is right");
    revocations.add([entry]).await.expect("the server acknowledges it");
    let clients = || {
        let list = ::redis::from_redis_value::<String>(server.call(&["CLIENT", "LIST"]));
        // The one that asks is one of them.
        list.expect("it is text").lines().count() - 1
    };
    assert_eq!(clients(), 2, "one reads and one has written");
    drop(revocations);
    for _ in 0..500 {
        if clients() == 0 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("{} connections are open", clients());
}

async fn old_entries_are_removed(program: Program) {
    let server = Options::of(program).with(["--stream-node-max-entries", "10"]).start();
    let mut old = ::redis::pipe();
    for number in 1..=100 {
        let text = "1 u eu-west-1_AbCdEfGhI 1767225600 1767312000 alice";
        old.cmd("XADD").arg("list").arg(format!("1767225600000-{number}")).arg("e").arg(text);
    }
    old.exec(&mut server.connect()).expect("the server takes them");
    let revocations = Revocations::shared(log(&server).key("list"), OnLoss::Accept);
    let entry = Revocation::user("eu-west-1_AbCdEfGhI", "bob").expect("it is right");
    revocations.add([entry]).await.expect("the server acknowledges it");
    let length: usize =
        ::redis::from_redis_value(server.call(&["XLEN", "list"])).expect("a number");
    assert!(length <= 10, "old entries went with the first append: {length} are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_waits_for_as_many_replicas_as_it_should() {
    let server = Options::of(Program::Redis).start();
    let log = || RedisLog::new(server.url()).expect("the URL is right").replicas(1);
    let fleet = Fleet::new(1, log, OnLoss::Accept);
    let ended = fleet.token("alice");
    let error = fleet.end(0, &ended).await.expect_err("there is no replica");
    assert!(error.to_string().contains("0 replicas have it instead of 1"), "{error}");
    let _replica = server.replica();
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the replica acknowledges it");
}
