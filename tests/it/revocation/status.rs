//! What a health route sees, and what is not shown.

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, RevocationError, Revocations, RevocationsState};
use tokio::time::sleep;

use super::log::{Mode, TestLog};
use super::{Process, REFUSE_AFTER_10_S, SECOND, access};

#[tokio::test(start_paused = true)]
async fn a_status_starts_to_read_the_log() {
    let log = TestLog::new();
    let revocations = Revocations::shared(log.clone(), REFUSE_AFTER_10_S);
    let status = revocations.status();
    assert_eq!((status.state(), status.is_ready()), (RevocationsState::Reading, false));
    assert_eq!((status.last_heard(), status.last_error()), (None, None));
    sleep(SECOND / 10).await;
    let status = revocations.status();
    assert_eq!((status.state(), status.is_ready()), (RevocationsState::Current, true));
    assert!(status.last_heard().unwrap() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_status_says_what_the_log_last_answered_and_when() {
    let log = TestLog::new();
    let revocations = Revocations::shared(log.clone(), OnLoss::Accept);
    revocations.ready().await.unwrap();
    log.set(Mode::Fails);
    sleep(60 * SECOND).await;
    let status = revocations.status();
    let error = RevocationError::Log("no connection".to_owned());
    assert_eq!(status.last_error(), Some(&error));
    let heard = status.last_heard().unwrap();
    assert!((58 * SECOND..=60 * SECOND).contains(&heard), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_never_read_is_deaf_after_three_seconds() {
    let log = TestLog::new();
    log.set(Mode::Fails);
    let revocations = Revocations::shared(log, OnLoss::Accept);
    let _ = revocations.status();
    sleep(4 * SECOND).await;
    let status = revocations.status();
    assert_eq!((status.state(), status.is_ready()), (RevocationsState::Deaf, false));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_is_ready_while_its_list_is() {
    let pool = TestPool::offline();
    assert!(Process::in_memory(&pool).verifier.is_ready());
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    assert!(!process.verifier.is_ready());
    sleep(SECOND).await;
    assert!(process.verifier.is_ready());
    log.set(Mode::Hangs);
    sleep(20 * SECOND).await;
    assert!(!process.verifier.is_ready());
    log.set(Mode::Works);
    sleep(5 * SECOND).await;
    assert!(process.verifier.is_ready());
}

#[tokio::test]
async fn a_list_in_memory_is_current() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    process.end_sign_in(&access(&pool).sign()).await;
    let status = process.revocations.status();
    assert_eq!((status.state(), status.entries()), (RevocationsState::Current, 1));
    assert!(status.is_ready());
    assert_eq!((status.last_heard(), status.last_error()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn no_debug_output_names_a_user() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    process.end_user("alice").await;
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        process.revocations,
        process.revocations.status(),
        process.verifier,
        Revocations::builder().shared(TestLog::new(), OnLoss::Accept),
    );
    assert!(!shown.contains("alice"), "{shown}");
}
