//! Entries go by themselves.

use axum_cognito::testing::TestPool;
use axum_cognito::{Revocation, Revocations};
use tokio::time::advance;

use super::{ENDED, HOUR, Process, SECOND, access};

#[tokio::test(start_paused = true)]
async fn an_entry_goes_after_24_hours() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).claim("origin_jti", "sign-in").expires_in(48 * HOUR).sign();
    process.end_sign_in(&access(&pool).claim("origin_jti", "sign-in").sign()).await;
    advance(24 * HOUR - 2 * SECOND).await;
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(process.revocations.status().entries(), 1);
    advance(3 * SECOND).await;
    assert_eq!(process.verify(&token).await, Ok(()));
    assert_eq!(process.revocations.status().entries(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_entry_goes_after_the_longest_life_of_the_pools_own_tokens_if_it_is_said() {
    let pool = TestPool::offline();
    let process = Process::new(&pool, Revocations::builder().lifetime(HOUR));
    let token = access(&pool).expires_in(2 * HOUR).sign();
    process.end_user("alice").await;
    advance(HOUR - 2 * SECOND).await;
    assert_eq!(process.verify(&token).await, ENDED);
    advance(3 * SECOND).await;
    assert_eq!(process.verify(&token).await, Ok(()));
    assert_eq!(process.revocations.status().entries(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_entry_outlives_its_token_by_the_leeway_of_the_verifier() {
    let pool = TestPool::offline();
    let process =
        Process::with_verifier(&pool, Revocations::builder().lifetime(HOUR), |verifier| {
            verifier.leeway(10 * SECOND)
        });
    let token = access(&pool).expires_in(HOUR).sign();
    process.end_user("alice").await;
    advance(HOUR + 8 * SECOND).await;
    assert_eq!(process.revocations.status().entries(), 1);
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn the_entry_of_a_single_token_stays_until_that_token_expires() {
    let pool = TestPool::offline();
    let process = Process::new(&pool, Revocations::builder().lifetime(HOUR));
    let token = access(&pool).without_claim("origin_jti").expires_in(3 * HOUR).sign();
    process.end_sign_in(&token).await;
    advance(3 * HOUR - 2 * SECOND).await;
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_not_brought_back_by_a_later_one_that_goes_earlier() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let entry = || Revocation::user(pool.user_pool().id(), "alice").unwrap();
    process.revocations.add([entry()]).await.unwrap();
    let sooner = entry().with_until(pool.clock().now() + HOUR);
    process.revocations.add([sooner]).await.unwrap();
    let token = access(&pool).expires_in(48 * HOUR).sign();
    advance(2 * HOUR).await;
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_a_day_ahead_does_not_bring_an_ended_token_back() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    pool.clock().advance(25 * HOUR);
    assert_eq!(process.revocations.status().entries(), 0);
    process.end_user("bob").await;
    pool.clock().set_back(25 * HOUR);
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn entries_that_have_gone_leave_their_room_to_others() {
    let pool = TestPool::offline();
    let process = Process::new(&pool, Revocations::builder().capacity(super::capacity(100)));
    let pool_id = pool.user_pool().id().to_owned();
    for round in 0..50 {
        let entries = (0..100).map(|number| {
            let entry = Revocation::user(&pool_id, format!("{round} {number}")).unwrap();
            entry.with_time(pool.clock().now())
        });
        process.revocations.add(entries).await.unwrap();
        assert_eq!(process.revocations.status().entries(), 100);
        advance(25 * HOUR).await;
    }
}

#[test]
fn a_lifetime_of_nothing_is_a_configuration_error() {
    let builder = Revocations::builder().lifetime(std::time::Duration::ZERO);
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains("lifetime"), "{error}");
}
