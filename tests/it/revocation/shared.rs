//! A log that several processes share.

use std::sync::Arc;
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, Revocation, RevocationError, Revocations};
use tokio::time::{Instant, sleep, timeout};

use super::log::{Mode, TestLog};
use super::{ENDED, Process, REFUSE_AFTER_10_S, SECOND, access, claims};

#[tokio::test(start_paused = true)]
async fn a_sign_out_in_one_process_is_seen_in_every_other_one() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let fleet: Vec<_> = (0..8).map(|_| Process::shared(&pool, &log, REFUSE_AFTER_10_S)).collect();
    let token = access(&pool).sign();
    for process in &fleet {
        assert_eq!(process.verify(&token).await, Ok(()));
    }
    sleep(SECOND / 2).await;
    fleet[0].end_sign_in(&token).await;
    sleep(Duration::from_millis(1)).await;
    for process in &fleet {
        assert_eq!(process.verify_cached(&token), ENDED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_later_knows_what_was_ended_before() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let token = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&token).await;
    let later = Process::shared(&pool, &log, OnLoss::Accept);
    assert_eq!(later.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_log_behind_an_arc_is_a_log() {
    let log = Arc::new(TestLog::new());
    let revocations = Revocations::shared(Arc::clone(&log), OnLoss::Accept);
    revocations.end_user("us-east-1_A", "alice").await.unwrap();
    assert_eq!(log.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_every_kind_is_the_same_at_the_reader() {
    let log = TestLog::new();
    let pool = TestPool::offline();
    let id = pool.user_pool().id().to_owned();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    let entries = [
        Revocation::sign_in(&id, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        Revocation::token(&id, "a jti"),
        Revocation::user(&id, "alice"),
        Revocation::renewal(&id, "alice"),
        Revocation::client(&id, "client"),
        Revocation::all(&id),
    ];
    let entries = entries.map(Result::unwrap);
    writer.revocations.add(entries.clone()).await.unwrap();
    let texts = entries.map(|entry| entry.to_string());
    assert_eq!(log.texts(), texts);
    let reader = Process::shared(&pool, &log, OnLoss::Accept);
    reader.revocations.ready().await.unwrap();
    assert_eq!(reader.revocations.status().entries(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_end_returns_once_the_log_has_it() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    assert_eq!(log.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_is_an_error_after_three_seconds_and_the_own_process_refuses() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    log.set(Mode::Hangs);
    let start = Instant::now();
    let outcome = process.revocations.end_sign_in(&claims(&pool, &token)).await;
    assert_eq!(outcome, Err(RevocationError::Timeout(3 * SECOND)));
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn the_own_process_refuses_before_the_log_has_answered() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    log.set(Mode::Hangs);
    let claims = claims(&pool, &token);
    timeout(SECOND, process.revocations.end_sign_in(&claims)).await.unwrap_err();
    assert_eq!(process.verify_cached(&token), ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_does_not_lose_its_sign_out() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    log.set(Mode::AppendsSlowly);
    let claims = claims(&pool, &token);
    timeout(SECOND / 2, process.revocations.end_sign_in(&claims)).await.unwrap_err();
    assert_eq!(log.texts().len(), 0);
    sleep(SECOND).await;
    assert_eq!(log.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_log_did_not_take_is_sent_again_when_it_answers() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let [process, other] = [(); 2].map(|()| Process::shared(&pool, &log, OnLoss::Accept));
    let token = access(&pool).sign();
    for process in [&process, &other] {
        assert_eq!(process.verify(&token).await, Ok(()));
    }
    log.set(Mode::Fails);
    let outcome = process.revocations.end_sign_in(&claims(&pool, &token)).await;
    assert_eq!(outcome, Err(RevocationError::Log("no connection".to_owned())));
    log.set(Mode::Works);
    sleep(10 * SECOND).await;
    assert_eq!(other.verify_cached(&token), ENDED);
    assert_eq!(log.texts().len(), 1);
}

#[tokio::test]
async fn nothing_to_add_is_nothing_to_do() {
    let log = TestLog::new();
    let revocations = Revocations::shared(log.clone(), OnLoss::Accept);
    revocations.add([]).await.unwrap();
    assert_eq!(log.appends(), 0);
}

#[test]
fn without_a_runtime_an_end_is_an_error_and_the_own_process_refuses() {
    let pool = TestPool::offline();
    let process = Process::shared(&pool, &TestLog::new(), OnLoss::Accept);
    let token = access(&pool).sign();
    let claims = claims(&pool, &token);
    let outcome = crate::common::at_once::at_once(process.revocations.end_sign_in(&claims));
    assert_eq!(outcome, Err(RevocationError::NoRuntime));
    assert_eq!(process.verify_cached(&token), ENDED);
}
