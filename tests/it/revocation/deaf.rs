//! A log that cannot be heard.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, Revocations, RevocationsState};
use tokio::time::{Instant, sleep};

use super::log::{Mode, TestLog};
use super::{ENDED, Process, REFUSE_AFTER_10_S, SECOND, access, is_unavailable};
use crate::common::log::Log;

const SILENCES: [Mode; 3] = [Mode::Hangs, Mode::Fails, Mode::IsNotRead];

/// A process that has read its log, which then falls silent.
async fn deafened(pool: &TestPool, log: &TestLog, on_loss: OnLoss, silence: Mode) -> Process {
    let process = Process::shared(pool, log, on_loss);
    process.revocations.ready().await.unwrap();
    sleep(5 * SECOND).await;
    log.set(silence);
    process
}

#[tokio::test(start_paused = true)]
async fn accept_goes_on_with_what_is_known() {
    for silence in SILENCES {
        let pool = TestPool::offline();
        let log = TestLog::new();
        let ended = access(&pool).sign();
        Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&ended).await;
        let process = deafened(&pool, &log, OnLoss::Accept, silence).await;
        sleep(1000 * SECOND).await;
        assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
        assert_eq!(process.verify(&ended).await, ENDED);
        let status = process.revocations.status();
        assert_eq!((status.state(), status.is_ready()), (RevocationsState::Deaf, true));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_time_that_was_said_good_tokens_are_unavailable_and_ended_ones_are_ended() {
    for silence in SILENCES {
        let pool = TestPool::offline();
        let log = TestLog::new();
        let ended = access(&pool).sign();
        Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&ended).await;
        let process = deafened(&pool, &log, REFUSE_AFTER_10_S, silence).await;
        let token = access(&pool).sign();
        sleep(7 * SECOND).await;
        assert_eq!(process.verify(&token).await, Ok(()), "{silence:?}");
        sleep(3 * SECOND).await;
        let verdict = process.verify(&token).await;
        assert!(is_unavailable(&verdict), "{verdict:?}");
        assert!(is_unavailable(&process.verify_cached(&token)));
        assert_eq!(process.verify(&ended).await, ENDED);
        assert!(!process.revocations.status().is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_make_requests_wait() {
    let pool = TestPool::offline();
    let process = deafened(&pool, &TestLog::new(), REFUSE_AFTER_10_S, Mode::Hangs).await;
    let _ = process;
    let log = TestLog::new();
    let process = deafened(&pool, &log, REFUSE_AFTER_10_S, Mode::Hangs).await;
    sleep(100 * SECOND).await;
    let start = Instant::now();
    assert!(is_unavailable(&process.verify(&access(&pool).sign()).await));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// The promise of `RefuseAfter(d)`, at a reader that the log falls silent for at some time.
async fn latest_acceptance(limit: Duration, silent_at: Duration, silence: Mode) -> Duration {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    let reader = Process::shared(&pool, &log, OnLoss::RefuseAfter(limit));
    let token = access(&pool).sign();
    writer.revocations.ready().await.unwrap();
    reader.revocations.ready().await.unwrap();
    sleep(5 * SECOND + silent_at).await;
    log.set(silence);
    // The log acknowledges, and the reader is not told.
    writer.end_sign_in(&token).await;
    let acknowledged = Instant::now();
    let mut latest = Duration::ZERO;
    while acknowledged.elapsed() < 2 * limit + 5 * SECOND {
        if reader.verify_cached(&token).is_ok() {
            latest = acknowledged.elapsed();
        }
        sleep(Duration::from_millis(10)).await;
    }
    latest
}

#[tokio::test(start_paused = true)]
async fn an_ended_token_is_accepted_nowhere_later_than_was_said() {
    for limit in [Duration::from_millis(400), SECOND, 4 * SECOND] {
        for part in 0..4 {
            let silent_at = SECOND / 4 * part;
            let latest = latest_acceptance(limit, silent_at, Mode::IsNotRead).await;
            assert!(latest <= limit, "{latest:?} after the end, of {limit:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_answers_keeps_the_shortest_time_that_was_said() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::RefuseAfter(SECOND / 10));
    process.revocations.ready().await.unwrap();
    let token = access(&pool).sign();
    for _ in 0..1000 {
        assert_eq!(process.verify_cached(&token), Ok(()));
        sleep(Duration::from_millis(7)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_answers_again_is_heard_at_once() {
    for silence in SILENCES {
        let pool = TestPool::offline();
        let log = TestLog::new();
        let process = deafened(&pool, &log, REFUSE_AFTER_10_S, silence).await;
        let token = access(&pool).sign();
        sleep(60 * SECOND).await;
        assert!(is_unavailable(&process.verify(&token).await));
        log.set(Mode::Works);
        let ended = access(&pool).sign();
        Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&ended).await;
        sleep(4 * SECOND).await;
        assert_eq!(process.verify(&token).await, Ok(()));
        assert_eq!(process.verify(&ended).await, ENDED);
        let status = process.revocations.status();
        assert_eq!((status.state(), status.is_ready()), (RevocationsState::Current, true));
        assert_eq!(status.last_error(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn three_seconds_of_silence_are_logged_once_and_so_is_their_end() {
    for silence in SILENCES {
        let pool = TestPool::offline();
        let log = TestLog::new();
        let process = deafened(&pool, &log, OnLoss::Accept, silence).await;
        let (lines, _guard) = Log::start();
        let count = |text: &str| lines.text().lines().filter(|line| line.contains(text)).count();
        sleep(2 * SECOND).await;
        assert_eq!(count("WARN"), 0, "{}", lines.text());
        sleep(60 * SECOND).await;
        assert_eq!(count("nothing was heard from the revocation log"), 1, "{}", lines.text());
        assert_eq!(process.revocations.status().state(), RevocationsState::Deaf);
        log.set(Mode::Works);
        sleep(10 * SECOND).await;
        assert_eq!(count("the revocation log answers again"), 1);
        assert_eq!(count("WARN"), 1, "{}", lines.text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_log_is_asked_again_a_few_times_a_second_at_most() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = deafened(&pool, &log, OnLoss::Accept, Mode::Fails).await;
    sleep(3 * SECOND).await;
    let before = log.reads();
    sleep(100 * SECOND).await;
    let reads = log.reads() - before;
    assert!((100..=500).contains(&reads), "{reads}");
    drop(process);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_never_waits_is_asked_as_often_as_one_that_does() {
    let log = TestLog::new();
    log.set(Mode::NeverWaits);
    let revocations = Revocations::shared(log.clone(), OnLoss::Accept);
    revocations.ready().await.unwrap();
    let before = log.reads();
    sleep(100 * SECOND).await;
    let reads = log.reads() - before;
    assert!((90..=110).contains(&reads), "{reads}");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_answers_the_same_for_ever_is_not_asked_without_end() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    Process::shared(&pool, &log, OnLoss::Accept).end_user("alice").await;
    log.set(Mode::RepeatsItself);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let _ = process.revocations.status();
    sleep(100 * SECOND).await;
    assert!(log.reads() <= 1100, "{}", log.reads());
}

#[tokio::test(start_paused = true)]
async fn a_frozen_process_is_behind_and_not_deaf() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    let ended = access(&pool).sign();
    Process::shared(&pool, &log, OnLoss::Accept).end_sign_in(&ended).await;
    sleep(SECOND).await;
    // As when a process stands still: the clock of the wall alone goes on.
    pool.clock().advance(600 * SECOND);
    assert!(is_unavailable(&process.verify_cached(&token)));
    assert_eq!(process.verify(&token).await, Ok(()));
    assert_eq!(process.verify(&ended).await, ENDED);
}
