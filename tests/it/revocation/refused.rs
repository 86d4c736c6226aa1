//! Users, clients and pools: whose tokens an entry refuses, and whose it leaves alone.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, Revocation, Revocations, UserPool, VerifyError};

use super::{CLIENT, ENDED, HOUR, Process, SECOND, access, of};

const RENEW: Result<(), VerifyError> = Err(VerifyError::RenewalRequired);

#[tokio::test(start_paused = true)]
async fn a_user_that_was_ended_signs_in_again_a_second_later() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let before = access(&pool).issued_ago(HOUR / 2).sign();
    let same_second = access(&pool).sign();
    process.end_user("alice").await;
    assert_eq!(process.verify(&before).await, ENDED);
    assert_eq!(process.verify(&same_second).await, ENDED);
    tokio::time::advance(SECOND).await;
    assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
    assert_eq!(process.verify(&before).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_renewed_after_the_end_of_its_user_is_refused_for_its_sign_in() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let signed_in = now(&pool);
    process.end_user("alice").await;
    tokio::time::advance(HOUR).await;
    let renewed = access(&pool).claim("auth_time", signed_in).sign();
    assert_eq!(process.verify(&renewed).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_the_time_of_its_sign_in_goes_by_the_time_of_its_issue() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let before = access(&pool).without_claim("auth_time").sign();
    process.end_user("alice").await;
    tokio::time::advance(SECOND).await;
    let after = access(&pool).without_claim("auth_time").sign();
    assert_eq!(process.verify(&before).await, ENDED);
    assert_eq!(process.verify(&after).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_second_does_not_make_a_token_later() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    process.end_user("alice").await;
    let token =
        access(&pool).claim("auth_time", f64::from(u32::try_from(now(&pool)).unwrap()) + 0.9);
    assert_eq!(process.verify(&token.sign()).await, ENDED);
}

#[tokio::test(start_paused = true)]
async fn the_leeway_of_the_verifier_is_added_to_the_time_of_an_entry() {
    let pool = TestPool::offline();
    let process = Process::with_verifier(&pool, Revocations::builder(), |verifier| {
        verifier.leeway(5 * SECOND)
    });
    process.end_user("alice").await;
    process.require_renewal("bob").await;
    let bob = || of(&pool, "bob");
    tokio::time::advance(5 * SECOND).await;
    assert_eq!(process.verify(&access(&pool).sign()).await, ENDED);
    assert_eq!(process.verify(&bob().sign()).await, RENEW);
    tokio::time::advance(SECOND).await;
    assert_eq!(process.verify(&access(&pool).sign()).await, Ok(()));
    assert_eq!(process.verify(&bob().sign()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_required_renewal_is_met_by_a_token_that_was_issued_later() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let signed_in = now(&pool);
    let old = access(&pool).sign();
    process.require_renewal("alice").await;
    assert_eq!(process.verify(&old).await, RENEW);
    tokio::time::advance(SECOND).await;
    let renewed = access(&pool).claim("auth_time", signed_in).sign();
    assert_eq!(process.verify(&renewed).await, Ok(()));
    assert_eq!(process.verify(&old).await, RENEW);
}

#[tokio::test(start_paused = true)]
async fn an_end_counts_more_than_a_required_renewal() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    process.end_user("alice").await;
    tokio::time::advance(SECOND).await;
    process.require_renewal("alice").await;
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(process.verify(&access(&pool).sign()).await, RENEW);
}

#[tokio::test(start_paused = true)]
async fn of_two_entries_for_a_user_the_later_one_counts_in_whatever_order_they_come() {
    for [first, second] in [[60, 0], [0, 60]] {
        let pool = TestPool::offline();
        let process = Process::in_memory(&pool);
        let ago = |seconds| pool.clock().now() - Duration::from_secs(seconds);
        for seconds in [first, second] {
            let entry = Revocation::user(pool.user_pool().id(), "alice").unwrap();
            process.revocations.add([entry.with_time(ago(seconds))]).await.unwrap();
        }
        let token = access(&pool).issued_ago(30 * SECOND).sign();
        assert_eq!(process.verify(&token).await, ENDED);
        assert_eq!(process.revocations.status().entries(), 1);
    }
}

#[tokio::test]
async fn another_user_and_the_same_name_in_another_pool_stay() {
    let [pool, other_pool] = [TestPool::offline(), TestPool::offline()];
    let process = Process::with_verifier(&pool, Revocations::builder(), |verifier| {
        verifier.trust(&other_pool, CLIENT)
    });
    process.end_user("alice").await;
    process.require_renewal("alice").await;
    assert_eq!(process.verify(&of(&pool, "bob").sign()).await, Ok(()));
    assert_eq!(process.verify(&access(&other_pool).sign()).await, Ok(()));
    assert_eq!(process.verify(&access(&pool).sign()).await, ENDED);
}

#[tokio::test]
async fn an_ended_client_takes_no_other_client_with_it() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    process.revocations.end_client(pool.user_pool().id(), CLIENT).await.unwrap();
    assert_eq!(process.verify(&access(&pool).sign()).await, ENDED);
    let id = pool.id_token("alice").client_id(CLIENT).sign();
    assert_eq!(process.verify(&id).await, ENDED);
    assert_eq!(process.verify(&of(&pool, "alice").client_id("machine").sign()).await, Ok(()));
}

#[tokio::test]
async fn an_ended_pool_takes_no_other_pool_with_it() {
    let [pool, other_pool] = [TestPool::offline(), TestPool::offline()];
    let process = Process::with_verifier(&pool, Revocations::builder(), |verifier| {
        verifier.trust(&other_pool, CLIENT)
    });
    process.revocations.end_all(pool.user_pool().id()).await.unwrap();
    assert_eq!(process.verify(&access(&pool).sign()).await, ENDED);
    assert_eq!(process.verify(&access(&other_pool).sign()).await, Ok(()));
}

#[tokio::test]
async fn a_machine_matches_entries_of_its_client_and_its_pool_and_no_others() {
    let pool = TestPool::offline();
    let id = pool.user_pool().id().to_owned();
    let machine = |claim: &str| pool.machine_token("machine").claim(claim, "named").sign();
    let others = Process::in_memory(&pool);
    let entries = [
        Revocation::user(&id, "machine"),
        Revocation::renewal(&id, "machine"),
        Revocation::token(&id, "named"),
        Revocation::sign_in(&id, "named"),
    ];
    others.revocations.add(entries.map(Result::unwrap)).await.unwrap();
    assert_eq!(others.verify(&machine("jti")).await, Ok(()));
    assert_eq!(others.verify(&machine("origin_jti")).await, Ok(()));

    for entry in [Revocation::client(&id, "machine"), Revocation::all(&id)] {
        let process = Process::in_memory(&pool);
        process.revocations.add([entry.unwrap()]).await.unwrap();
        assert_eq!(process.verify(&machine("jti")).await, ENDED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_gets_a_new_token_after_the_end_of_its_client() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    process.revocations.end_client(pool.user_pool().id(), "machine").await.unwrap();
    tokio::time::advance(SECOND).await;
    assert_eq!(process.verify(&pool.machine_token("machine").sign()).await, Ok(()));
}

#[tokio::test]
async fn an_entry_of_a_pool_counts_for_each_of_its_issuers() {
    let pool = TestPool::offline();
    let id = pool.user_pool().id().to_owned();
    let jwks = pool.jwks();
    let second = format!("https://issuer-cognito-idp.us-east-1.amazonaws.com/{id}");
    let user_pool = UserPool::new(&id).unwrap().with_issuer(&second).unwrap();
    let keys = JwksCache::builder(user_pool).preload(&jwks).build().unwrap();
    let revocations = Revocations::in_memory();
    let verifier = CognitoVerifier::builder().trust(&keys, CLIENT).revocations(&revocations);
    let verifier = verifier.build().unwrap();
    let token = access(&pool).claim("iss", second).sign();
    assert!(verifier.verify(&token).await.is_ok());
    revocations.end_user(&id, "alice").await.unwrap();
    assert_eq!(verifier.verify(&token).await.unwrap_err(), VerifyError::Ended);
}

fn now(pool: &TestPool) -> u64 {
    pool.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
