//! What happens while the server fails: it is killed, frozen, or makes everybody wait.

use std::time::{Duration, Instant};

use axum_cognito::{OnLoss, RevocationsState};
use servers::{Fleet, Options, Program, Verdict};
use tokio::time::sleep;

use crate::common::{LIMIT, SOON, log, strict_fleet, with_each_server};

with_each_server!(
    what_was_acknowledged_is_known_to_all_after_a_kill_in_the_middle_of_writes,
    a_frozen_server_stops_tokens_within_the_limit_and_no_longer,
    a_server_that_pauses_its_clients_stops_tokens_within_the_limit,
    a_frozen_server_stops_nobody_who_said_accept,
    a_sign_out_while_the_server_is_frozen_fails_in_time_and_is_sent_again,
    a_verifier_that_starts_without_a_server_refuses_until_there_is_one,
);

/// A sign-out returns after this long at most, whatever the server does.
const APPEND_BOUND: Duration = Duration::from_secs(10);

async fn what_was_acknowledged_is_known_to_all_after_a_kill_in_the_middle_of_writes(
    program: Program,
) {
    let server = Options::of(program).start();
    let mut fleet = strict_fleet(3, &server).await;
    let tokens: Vec<_> = (0..400).map(|_| fleet.token("alice")).collect();
    let mut acknowledged = Vec::new();
    let writes = async {
        for (number, token) in tokens.iter().enumerate() {
            if fleet.end(number % 3, token).await.is_ok() {
                acknowledged.push(token.clone());
            }
        }
    };
    let faults = async {
        for _ in 0..3 {
            sleep(Duration::from_millis(100)).await;
            tokio::task::block_in_place(|| server.restart());
        }
    };
    tokio::join!(writes, faults);
    println!("{program:?}: {} of 400 acknowledged", acknowledged.len());
    assert!(acknowledged.len() > 100, "only {} were acknowledged", acknowledged.len());
    // One that starts now has all of it from the server.
    fleet.join(log(&server), OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    for token in &acknowledged {
        fleet.all_become(Verdict::Ended, token, SOON).await;
    }
    let other = fleet.token("alice");
    fleet.all_become(Verdict::Accepted, &other, SOON).await;
}

/// Tokens are accepted no longer than the limit, and again once the server is back.
async fn outage(
    program: Program,
    begin: impl Fn(&servers::Server),
    end: impl Fn(&servers::Server),
) {
    let server = Options::of(program).start();
    let fleet = strict_fleet(3, &server).await;
    let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    begin(&server);
    let began = Instant::now();
    while began.elapsed() < LIMIT + Duration::from_secs(3) {
        for member in 0..3 {
            let asked = began.elapsed();
            let verdict = fleet.verdict(member, &other).await;
            // As long as the last answer may have taken.
            assert!(
                asked < LIMIT || verdict == Verdict::Unavailable,
                "member {member} says {verdict:?} after {asked:?}"
            );
            assert_eq!(fleet.verdict(member, &ended).await, Verdict::Ended);
        }
        sleep(Duration::from_millis(20)).await;
    }
    let state = fleet.members()[0].revocations.status().state();
    assert_eq!(state, RevocationsState::Deaf);
    end(&server);
    let back = fleet.all_become(Verdict::Accepted, &other, SOON).await;
    println!("{program:?}: accepted again {back:?} after the outage");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
}

async fn a_frozen_server_stops_tokens_within_the_limit_and_no_longer(program: Program) {
    outage(program, |server| server.freeze(), |server| server.thaw()).await;
}

async fn a_server_that_pauses_its_clients_stops_tokens_within_the_limit(program: Program) {
    outage(program, |server| server.pause(LIMIT + Duration::from_secs(5)), |_| {}).await;
}

async fn a_frozen_server_stops_nobody_who_said_accept(program: Program) {
    let server = Options::of(program).start();
    let fleet = Fleet::new(2, || log(&server), OnLoss::Accept);
    fleet.ready().await;
    let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    server.freeze();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        assert_eq!(fleet.verdict(1, &other).await, Verdict::Accepted);
        assert_eq!(fleet.verdict(1, &ended).await, Verdict::Ended);
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fleet.members()[1].revocations.status().state(), RevocationsState::Deaf);
    server.thaw();
    fleet.end(0, &other).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &other, SOON).await;
}

async fn a_sign_out_while_the_server_is_frozen_fails_in_time_and_is_sent_again(program: Program) {
    let server = Options::of(program).start();
    let fleet = Fleet::new(2, || log(&server), OnLoss::Accept);
    fleet.ready().await;
    let ended = fleet.token("alice");
    server.freeze();
    let began = Instant::now();
    fleet.end(0, &ended).await.expect_err("nobody acknowledges it");
    assert!(began.elapsed() < APPEND_BOUND, "it fails after {:?}", began.elapsed());
    assert_eq!(fleet.verdict(0, &ended).await, Verdict::Ended, "at home all the same");
    server.thaw();
    let sent = fleet.becomes(Verdict::Ended, 1, &ended, 2 * SOON).await;
    println!("{program:?}: known elsewhere {sent:?} after the server went on");
}

async fn a_verifier_that_starts_without_a_server_refuses_until_there_is_one(program: Program) {
    let server = Options::of(program).start();
    server.kill();
    let fleet = Fleet::new(1, || log(&server), OnLoss::RefuseAfter(LIMIT));
    let token = fleet.token("alice");
    let began = Instant::now();
    assert_eq!(fleet.verdict(0, &token).await, Verdict::Unavailable);
    assert!(began.elapsed() < APPEND_BOUND, "it answers after {:?}", began.elapsed());
    tokio::task::block_in_place(|| server.restart());
    fleet.becomes(Verdict::Accepted, 0, &token, SOON).await;
}
