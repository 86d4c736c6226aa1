//! A list without room.

use axum_cognito::testing::TestPool;
use axum_cognito::{OnLoss, Revocation, RevocationError, Revocations, RevocationsState};
use tokio::time::{advance, sleep};

use super::log::TestLog;
use super::{
    ENDED, HOUR, Process, REFUSE_AFTER_10_S, SECOND, access, capacity, claims, is_unavailable, of,
};
use crate::common::log::Log;

fn users(pool: &TestPool, names: std::ops::Range<usize>) -> Vec<Revocation> {
    let entry = |number| Revocation::user(pool.user_pool().id(), format!("user {number}"));
    names.map(|number| entry(number).unwrap().with_time(pool.clock().now())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_full_list_in_memory_refuses_to_take_more_and_says_so() {
    let pool = TestPool::offline();
    let process = Process::new(&pool, Revocations::builder().capacity(capacity(100)));
    let (lines, _guard) = Log::start();
    process.revocations.add(users(&pool, 0..100)).await.unwrap();
    assert!(lines.errors().is_empty());
    let token = access(&pool).sign();
    let full = Err(RevocationError::Full { capacity: 100 });
    for _ in 0..3 {
        assert_eq!(process.revocations.end_sign_in(&claims(&pool, &token)).await, full);
    }
    assert_eq!(lines.errors().len(), 1, "{:?}", lines.errors());
    assert_eq!(process.revocations.status().state(), RevocationsState::Full);
    assert_eq!(process.revocations.status().entries(), 100);
    // What it holds it goes on to refuse, also for a later time.
    process.revocations.add(users(&pool, 0..1)).await.unwrap();
    let held = of(&pool, "user 99").sign();
    assert_eq!(process.verify(&held).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_full_list_takes_entries_again_when_others_have_gone() {
    let pool = TestPool::offline();
    let process = Process::new(&pool, Revocations::builder().capacity(capacity(100)));
    let until = pool.clock().now() + HOUR;
    let short_lived = users(&pool, 0..100).into_iter().map(|entry| entry.with_until(until));
    process.revocations.add(short_lived).await.unwrap();
    process.revocations.add(users(&pool, 100..101)).await.unwrap_err();
    advance(2 * HOUR).await;
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(process.revocations.status().state(), RevocationsState::Current);
}

#[tokio::test(start_paused = true)]
async fn a_reader_without_room_is_not_complete() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    let limited = |on_loss| {
        let builder = Revocations::builder().shared(log.clone(), on_loss);
        Process::new(&pool, builder.capacity(capacity(100)))
    };
    let [accepting, refusing] = [OnLoss::Accept, REFUSE_AFTER_10_S].map(limited);
    for process in [&accepting, &refusing] {
        process.revocations.ready().await.unwrap();
    }
    writer.revocations.add(users(&pool, 0..101)).await.unwrap();
    sleep(20 * SECOND).await;
    let token = access(&pool).sign();
    assert_eq!(accepting.verify(&token).await, Ok(()));
    assert!(is_unavailable(&refusing.verify_cached(&token)));
    assert_eq!(refusing.revocations.status().state(), RevocationsState::Full);
    assert!(!refusing.revocations.status().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_has_room_again_reads_what_it_missed() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let builder = Revocations::builder().shared(log.clone(), REFUSE_AFTER_10_S);
    let process = Process::new(&pool, builder.capacity(capacity(100)));
    process.revocations.ready().await.unwrap();
    let writer = Process::shared(&pool, &log, OnLoss::Accept);
    let short_lived: Vec<_> = users(&pool, 0..100);
    let until = pool.clock().now() + HOUR;
    let short_lived = short_lived.into_iter().map(|entry| entry.with_until(until));
    writer.revocations.add(short_lived).await.unwrap();
    let token = access(&pool).expires_in(3 * HOUR).sign();
    writer.end_sign_in(&token).await;
    sleep(20 * SECOND).await;
    assert!(is_unavailable(&process.verify_cached(&token)));
    sleep(HOUR + 60 * SECOND).await;
    assert_eq!(process.verify_cached(&token), ENDED);
    assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
    assert_eq!(process.revocations.status().state(), RevocationsState::Current);
}

#[tokio::test]
async fn an_entry_that_finds_no_room_here_is_sent_to_the_others() {
    let pool = TestPool::offline();
    let log = TestLog::new();
    let builder = Revocations::builder().shared(log.clone(), OnLoss::Accept);
    let process = Process::new(&pool, builder.capacity(capacity(1)));
    let outcome = process.revocations.add(users(&pool, 0..2)).await;
    assert_eq!(outcome, Err(RevocationError::Full { capacity: 1 }));
    assert_eq!(log.texts().len(), 2);
}
