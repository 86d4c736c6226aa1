//! Reading starts by itself, starts again, and stops.

use axum_cognito::OnLoss;
use axum_cognito::testing::TestPool;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::log::{Mode, TestLog};
use super::{ENDED, Process, REFUSE_AFTER_10_S, SECOND, access};

fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn a_list_that_is_made_outside_of_a_runtime_is_read_from_its_first_use_in_one() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    let token = access(&pool).sign();
    assert!(super::is_unavailable(&process.verify_cached(&token)));
    assert_eq!(log.reads(), 0);
    paused_runtime().block_on(async {
        assert_eq!(process.verify(&token).await, Ok(()));
    });
    assert_ne!(log.reads(), 0);
}

#[test]
fn a_list_whose_runtime_ended_is_read_in_the_next_from_where_it_was() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    let token = access(&pool).sign();
    let first = paused_runtime();
    first.block_on(async { assert_eq!(process.verify(&token).await, Ok(())) });
    drop(first);
    let reads = log.reads();
    paused_runtime().block_on(async {
        Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
        let _ = process.revocations.status();
        sleep(2 * SECOND).await;
        assert_eq!(process.verify_cached(&token), ENDED);
    });
    assert!(log.reads() > reads);
}

#[test]
fn a_list_whose_runtime_nobody_runs_is_read_in_another() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    let token = access(&pool).sign();
    let parked = paused_runtime();
    parked.block_on(async { assert_eq!(process.verify(&token).await, Ok(())) });
    let running = paused_runtime();
    running.block_on(async {
        sleep(20 * SECOND).await;
        assert_eq!(process.verify(&token).await, Ok(()));
        Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
        sleep(2 * SECOND).await;
        assert_eq!(process.verify(&token).await, ENDED);
    });
    // The one that was given up does not read beside the other.
    parked.block_on(async { sleep(SECOND).await });
    let reads = log.reads();
    parked.block_on(async { sleep(10 * SECOND).await });
    assert_eq!(log.reads(), reads);
}

#[tokio::test(start_paused = true)]
async fn reading_stops_with_the_last_clone() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    process.revocations.ready().await.unwrap();
    let Process { revocations, verifier, .. } = process;
    drop(revocations);
    sleep(10 * SECOND).await;
    let reads = log.reads();
    sleep(10 * SECOND).await;
    assert!(log.reads() > reads, "the verifier has a clone");
    drop(verifier);
    sleep(SECOND).await;
    let reads = log.reads();
    sleep(10 * SECOND).await;
    assert_eq!(log.reads(), reads);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_is_let_go_with_the_last_clone() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::Hangs);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let _ = process.revocations.status();
    sleep(SECOND).await;
    drop(process);
    tokio::task::yield_now().await;
    sleep(SECOND / 10).await;
    assert_eq!(log.clones(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_panics_is_asked_again() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    process.revocations.ready().await.unwrap();
    log.set(Mode::Panics);
    sleep(5 * SECOND).await;
    log.set(Mode::Works);
    let token = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
    process.verify(&token).await.ok();
    sleep(2 * SECOND).await;
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_first_requests_start_one_reader() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::AnswersSlowly);
    let process = std::sync::Arc::new(Process::shared(&pool, &log, REFUSE_AFTER_10_S));
    let token = access(&pool).sign();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (process, token) = (std::sync::Arc::clone(&process), token.clone());
        requests.spawn(async move { process.verify(&token).await });
    }
    assert!(requests.join_all().await.into_iter().all(|verdict| verdict == Ok(())));
    assert!(log.reads() <= 2, "{}", log.reads());
}
