//! A log that has lost entries, or holds what is none.

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, Revocation, RevocationError};
use tokio::time::sleep;

use super::log::{Mode, TestLog};
use super::{ENDED, Process, REFUSE_AFTER_10_S, SECOND, access, of};
use crate::common::log::Log;

#[tokio::test(start_paused = true)]
async fn a_log_that_was_cleared_is_healed_by_its_readers() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let token = access(&pool).sign();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    writer.end_sign_in(&token).await;
    let readers: Vec<_> = (0..8).map(|_| Process::shared(&pool, &log, REFUSE_AFTER_10_S)).collect();
    for reader in &readers {
        reader.revocations.ready().await.unwrap();
    }
    // The one that ended the sign-in is gone.
    drop(writer);
    let before = log.texts();
    log.clear();
    sleep(4 * SECOND).await;
    assert!(!log.texts().is_empty());
    assert!(log.texts().iter().all(|text| before.contains(text)));
    let later = Process::shared(&pool, &log, OnLoss::Accept);
    assert_eq!(later.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn the_readers_of_a_cleared_log_do_not_all_heal_it() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    for number in 0..50 {
        writer.end_user(&format!("user {number}")).await;
    }
    let readers: Vec<_> = (0..20).map(|_| Process::shared(&pool, &log, OnLoss::Accept)).collect();
    for reader in &readers {
        reader.revocations.ready().await.unwrap();
    }
    sleep(5 * SECOND).await;
    log.clear();
    sleep(30 * SECOND).await;
    let texts = log.texts().len();
    assert!((50..=500).contains(&texts), "{texts}");
}

#[tokio::test(start_paused = true)]
async fn a_process_goes_on_refusing_while_its_log_has_lost_everything() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let token = access(&pool).sign();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    process.end_sign_in(&token).await;
    sleep(SECOND).await;
    log.clear();
    for _ in 0..100 {
        sleep(SECOND / 10).await;
        assert_eq!(process.verify(&token).await, ENDED);
        assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
    }
}

/// What another process ended shortly before the loss may be known to that one alone.
#[tokio::test(start_paused = true)]
async fn a_log_that_lost_entries_is_not_complete_before_others_could_restore_them() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let on_loss = OnLoss::RefuseAfter(2 * SECOND);
    let [first, second] = [(); 2].map(|()| Process::shared(&pool, &log, on_loss));
    first.end_sign_in(&access(&pool).sign()).await;
    second.revocations.ready().await.unwrap();
    sleep(SECOND).await;
    let good = access(&pool).sign();
    assert_eq!(second.verify_cached(&good), Ok(()));
    log.clear();
    sleep(3 * SECOND + SECOND / 2).await;
    assert!(second.verify_cached(&good).is_err(), "2 seconds after it was last complete");
    sleep(5 * SECOND).await;
    assert_eq!(second.verify_cached(&good), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_is_appended_to_a_log_after_its_loss_is_read() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let [reader, writer] = [(); 2].map(|()| Process::shared(&pool, &log, OnLoss::Accept));
    reader.revocations.ready().await.unwrap();
    sleep(SECOND).await;
    log.clear();
    let token = access(&pool).sign();
    writer.end_sign_in(&token).await;
    sleep(3 * SECOND).await;
    assert_eq!(reader.verify_cached(&token), ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_logged() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    process.end_user("alice").await;
    sleep(2 * SECOND).await;
    let (lines, _guard) = Log::start();
    log.clear();
    sleep(10 * SECOND).await;
    let count = |text: &str| lines.text().lines().filter(|line| line.contains(text)).count();
    assert_eq!(count("the revocation log has lost entries"), 1, "{}", lines.text());
    assert_eq!(count("appended the entries that the revocation log lacked"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_loses_its_past_every_time_is_not_read_without_end() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    log.set(Mode::LosesItsPast);
    let process = Process::shared(&pool, &log, OnLoss::Accept);
    let _ = process.revocations.status();
    sleep(100 * SECOND).await;
    assert!(log.reads() <= 110, "{}", log.reads());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_entry_is_skipped_and_logged_and_harms_nothing() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    process.revocations.ready().await.unwrap();
    let token = access(&pool).sign();
    let (lines, _guard) = Log::start();
    for text in ["", "garbage", "1 u us-east-1_A 1 2", "0 p us-east-1_A 1 2", "\0\u{1b}[31m"] {
        log.write(text);
    }
    log.write([0xff, 0xfe, 0x00]);
    log.write(vec![b'1'; 1 << 20]);
    let other = Process::shared(&pool, &log, OnLoss::Accept);
    other.end_sign_in(&token).await;
    sleep(SECOND).await;
    assert_eq!(process.verify_cached(&token), ENDED);
    assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
    assert_eq!(process.revocations.status().entries(), 1);
    assert!(lines.text().contains("texts that are not entries"), "{}", lines.text());
    assert!(!lines.text().contains("garbage") && !lines.text().contains('\u{1b}'));
}

#[tokio::test(start_paused = true)]
async fn entries_of_a_newer_version_are_skipped_and_logged_once() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    process.revocations.ready().await.unwrap();
    let (lines, _guard) = Log::start();
    for _ in 0..3 {
        log.write("2 something that only a newer program knows");
        sleep(2 * SECOND).await;
    }
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    sleep(SECOND).await;
    assert_eq!(process.verify_cached(&token), ENDED);
    let count =
        lines.text().lines().filter(|line| line.contains("newer than this program")).count();
    assert!(count <= 1, "{}", lines.text());
    assert_eq!("2 x".parse::<Revocation>(), Err(RevocationError::NewerVersion(2)));
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_far_future_refuses_and_does_not_overflow() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let process = Process::shared(&pool, &log, REFUSE_AFTER_10_S);
    process.revocations.ready().await.unwrap();
    let id = pool.user_pool().id().to_owned();
    log.write(format!("1 u {id} 4294967295 4294967295 alice"));
    sleep(SECOND).await;
    assert_eq!(process.verify(&access(&pool).sign()).await, ENDED);
    let bob = of(&pool, "bob").sign();
    assert_eq!(process.verify(&bob).await, Ok(()));
}
