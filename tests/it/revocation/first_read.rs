//! Before the log was read as a whole for the first time.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, RevocationError, Revocations, RevocationsState};
use tokio::time::{Instant, sleep};

use super::log::{Mode, TestLog};
use super::{ENDED, Process, REFUSE_AFTER_10_S, SECOND, access, is_unavailable};

#[tokio::test(start_paused = true)]
async fn a_token_waits_for_the_first_read() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let token = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
    for on_loss in [OnLoss::Accept, REFUSE_AFTER_10_S] {
        log.set(Mode::AnswersSlowly);
        let process = Process::shared(&pool, &log, on_loss);
        let start = Instant::now();
        assert_eq!(process.verify(&token).await, ENDED);
        // One answer for the entry, and one that there is nothing more.
        assert_eq!(start.elapsed(), 2 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_token_is_accepted_once_the_log_was_read() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::AnswersSlowly);
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_first_read_that_hangs_costs_a_request_max_wait_and_then_counts_as_a_loss() {
    let pool = TestPool::offline();
    let token = access(&pool).sign();
    for on_loss in [OnLoss::Accept, REFUSE_AFTER_10_S] {
        let log = TestLog::new();
        log.set(Mode::Hangs);
        let builder = Revocations::builder().shared(log, on_loss).max_wait(2 * SECOND);
        let process = Process::new(&pool, builder);
        let start = Instant::now();
        let verdict = process.verify(&token).await;
        assert_eq!(start.elapsed(), 2 * SECOND);
        match on_loss {
            OnLoss::Accept => assert_eq!(verdict, Ok(())),
            OnLoss::RefuseAfter(_) => assert!(is_unavailable(&verdict), "{verdict:?}"),
        }
        // The wait counts from the first use: requests after it do not wait as long again.
        let start = Instant::now();
        process.verify(&token).await.ok();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_never_waits_takes_it_for_a_loss_at_once() {
    let pool = TestPool::offline();
    let token = access(&pool).sign();
    let log = TestLog::new();
    log.set(Mode::AnswersSlowly);
    let accepting = Process::shared(&pool, &log, OnLoss::Accept);
    assert_eq!(accepting.verify_cached(&token), Ok(()));
    let refusing = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    assert!(is_unavailable(&refusing.verify_cached(&token)));
    sleep(2 * SECOND).await;
    assert_eq!(refusing.verify_cached(&token), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_list_refuses_already_does_not_wait() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::Hangs);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let token = access(&pool).sign();
    let claims = super::claims(&pool, &token);
    process.revocations.end_sign_in(&claims).await.unwrap_err();
    let start = Instant::now();
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_log_of_many_pages_is_read_to_its_end_before_a_token_is_accepted() {
    let pool = TestPool::offline();
    let log = TestLog::with_page(3);
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    for number in 0..100 {
        writer.end_user(&format!("user {number}")).await;
    }
    let token = access(&pool).sign();
    writer.end_sign_in(&token).await;
    for on_loss in [OnLoss::Accept, REFUSE_AFTER_10_S] {
        let reader = Process::shared(&pool, &log, on_loss);
        assert_eq!(reader.verify(&token).await, ENDED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_garbage_is_not_the_end_of_the_log() {
    let pool = TestPool::offline();
    let log = TestLog::with_page(3);
    for _ in 0..10 {
        log.write("garbage");
    }
    let token = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
    let reader = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    reader.revocations.ready().await.unwrap();
    assert_eq!(reader.verify_cached(&token), ENDED);
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_the_first_read() {
    let log = TestLog::new();
    log.set(Mode::AnswersSlowly);
    let revocations = Revocations::shared(log, REFUSE_AFTER_10_S);
    assert!(!revocations.status().is_ready());
    revocations.ready().await.unwrap();
    assert!(revocations.status().is_ready());
    assert_eq!(revocations.status().state(), RevocationsState::Current);
}

#[tokio::test]
async fn a_list_in_memory_is_ready_at_once() {
    let revocations = Revocations::in_memory();
    crate::common::at_once::at_once(revocations.ready()).unwrap();
    assert!(revocations.status().is_ready());
}

#[tokio::test(start_paused = true)]
async fn ready_says_after_three_seconds_that_nothing_was_heard() {
    let log = TestLog::new();
    let revocations = Revocations::shared(log.clone(), OnLoss::Accept);
    log.set(Mode::Fails);
    let start = Instant::now();
    let outcome = revocations.ready().await;
    assert_eq!(outcome, Err(RevocationError::Log("no connection".to_owned())));
    assert_eq!(start.elapsed(), 3 * SECOND);
    log.set(Mode::Works);
    revocations.ready().await.unwrap();

    let hanging = TestLog::new();
    hanging.set(Mode::Hangs);
    let outcome = Revocations::shared(hanging, OnLoss::Accept).ready().await;
    assert!(matches!(outcome, Err(RevocationError::Timeout(_))), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn ready_goes_on_waiting_while_pages_come() {
    let pool = TestPool::offline();
    let log = TestLog::with_page(1);
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    for number in 0..10 {
        writer.end_user(&format!("user {number}")).await;
    }
    log.set(Mode::AnswersSlowly);
    let revocations = Revocations::shared(log, OnLoss::Accept);
    revocations.ready().await.unwrap();
    assert_eq!(revocations.status().entries(), 10);
}
