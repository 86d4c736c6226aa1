//! Ended sign-ins.

use axum_cognito::testing::TestPool;
use axum_cognito::{Revocation, RevocationError, Revocations, VerifyError};

use super::{CLIENT, ENDED, HOUR, Process, access, claims, trusting};

#[tokio::test]
async fn a_token_of_an_ended_sign_in_is_refused() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    process.end_sign_in(&token).await;
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(process.verify_cached(&token), ENDED);
}

#[tokio::test]
async fn a_token_is_refused_without_a_token_cache_too() {
    let pool = TestPool::offline();
    let process = Process::with_verifier(&pool, Revocations::builder(), |verifier| {
        verifier.without_token_cache()
    });
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    process.end_sign_in(&token).await;
    assert_eq!(process.verify(&token).await, ENDED);
    assert_eq!(process.verify_cached(&token), ENDED);
}

#[tokio::test]
async fn a_token_that_was_never_seen_before_its_end_is_refused() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test]
async fn every_token_of_a_sign_in_ends_with_it() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let of_sign_in = |token: axum_cognito::testing::TestToken| {
        token.client_id(CLIENT).claim("origin_jti", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    };
    let ended = of_sign_in(access(&pool)).sign();
    let id = of_sign_in(pool.id_token("alice")).sign();
    process.end_sign_in(&ended).await;
    assert_eq!(process.verify(&id).await, ENDED);
    pool.clock().advance(HOUR);
    let renewed = of_sign_in(access(&pool)).sign();
    assert_eq!(process.verify(&renewed).await, ENDED);
}

#[tokio::test]
async fn another_sign_in_of_the_user_stays() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let phone = access(&pool).sign();
    let laptop = access(&pool).sign();
    process.end_sign_in(&laptop).await;
    assert_eq!(process.verify(&phone).await, Ok(()));
}

#[tokio::test]
async fn without_an_origin_the_token_alone_is_ended() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let ended = access(&pool).without_claim("origin_jti").sign();
    let other = access(&pool).without_claim("origin_jti").sign();
    process.end_sign_in(&ended).await;
    assert_eq!(process.verify(&ended).await, ENDED);
    assert_eq!(process.verify(&other).await, Ok(()));
}

#[tokio::test]
async fn an_id_that_is_not_a_uuid_ends_a_sign_in_as_well() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let of = |id: &str| access(&pool).claim("origin_jti", id).sign();
    process.end_sign_in(&of("sign-in 1, größer")).await;
    assert_eq!(process.verify(&of("sign-in 1, größer")).await, ENDED);
    assert_eq!(process.verify(&of("sign-in 1, größe")).await, Ok(()));
}

#[tokio::test]
async fn the_claims_of_either_kind_end_a_sign_in() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let access = access(&pool).sign();
    let id = pool.id_token("alice").client_id(CLIENT).sign();
    let access_claims = claims(&pool, &access).as_access().unwrap().clone();
    process.revocations.end_sign_in(&access_claims).await.unwrap();
    let id_claims = claims(&pool, &id).as_id().unwrap().clone();
    process.revocations.end_sign_in(&id_claims).await.unwrap();
    assert_eq!(process.verify(&access).await, ENDED);
    assert_eq!(process.verify(&id).await, ENDED);
}

#[tokio::test]
async fn a_machine_has_no_sign_in_to_end() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let claims = claims(&pool, &pool.machine_token("machine").sign());
    let outcome = process.revocations.end_sign_in(&claims).await;
    assert_eq!(outcome, Err(RevocationError::Machine));
}

#[tokio::test]
async fn a_token_without_any_id_of_its_own_cannot_be_ended_and_says_so() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).without_claim("origin_jti").without_claim("jti").sign();
    let outcome = process.revocations.end_sign_in(&claims(&pool, &token)).await;
    assert_eq!(outcome, Err(RevocationError::NoTokenId));
}

#[tokio::test]
async fn an_id_that_no_entry_can_hold_is_an_error_and_not_a_silent_nothing() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    for id in ["x".repeat(257), "a\nb".to_owned()] {
        let token = access(&pool).claim("origin_jti", &id).sign();
        let outcome = process.revocations.end_sign_in(&claims(&pool, &token)).await;
        assert!(matches!(outcome, Err(RevocationError::Invalid { .. })), "{outcome:?}");
    }
    for (pool_id, sub) in [("us-east-1", "alice"), ("", "alice"), ("us-east-1_A", "")] {
        let outcome = process.revocations.end_user(pool_id, sub).await;
        assert!(matches!(outcome, Err(RevocationError::Invalid { .. })), "{pool_id} {sub}");
    }
    assert!(Revocation::client("us-east-1_A", "").is_err());
    assert!(Revocation::all("nowhere").is_err());
}

#[tokio::test]
async fn a_clone_is_the_same_list() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    process.revocations.clone().end_sign_in(&claims(&pool, &token)).await.unwrap();
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test]
async fn two_verifiers_with_one_list_both_refuse() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let other = trusting(&pool).revocations(&process.revocations).build().unwrap();
    let token = access(&pool).sign();
    other.verify(&token).await.unwrap();
    process.end_sign_in(&token).await;
    assert_eq!(other.verify(&token).await.unwrap_err(), VerifyError::Ended);
}

#[tokio::test]
async fn a_list_of_its_own_does_not_touch_another_verifier() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    assert!(trusting(&pool).build().unwrap().verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_forged_token_of_an_ended_sign_in_is_refused_for_its_signature() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let token = access(&pool).claim("origin_jti", "known").sign();
    process.end_sign_in(&token).await;
    let forged = access(&pool).claim("origin_jti", "known").signed_by(&TestPool::offline()).sign();
    assert!(!matches!(process.verify(&forged).await, ENDED | Ok(())));
}

#[tokio::test]
async fn the_checks_of_the_program_are_not_asked_about_an_ended_sign_in() {
    let pool = TestPool::offline();
    let process = Process::with_verifier(&pool, Revocations::builder(), |verifier| {
        verifier.check(|_| Err("refused by the program".to_owned()))
    });
    let token = access(&pool).sign();
    process.end_sign_in(&token).await;
    assert_eq!(process.verify(&token).await, ENDED);
}

#[tokio::test]
async fn ten_thousand_other_entries_do_not_touch_a_token() {
    let pool = TestPool::offline();
    let process = Process::in_memory(&pool);
    let pool_id = pool.user_pool().id().to_owned();
    let others = (0..10_000).map(|number| {
        let id = format!("{number:08x}-9dad-11d1-80b4-00c04fd430c8");
        match number % 3 {
            0 => Revocation::sign_in(&pool_id, id).unwrap(),
            1 => Revocation::user(&pool_id, id).unwrap(),
            _ => Revocation::client(&pool_id, format!("client-{number}")).unwrap(),
        }
    });
    process.revocations.add(others).await.unwrap();
    assert_eq!(process.revocations.status().entries(), 10_000);
    let token = access(&pool).sign();
    assert_eq!(process.verify(&token).await, Ok(()));
    for number in [0, 3, 9_999] {
        let id = format!("{number:08x}-9dad-11d1-80b4-00c04fd430c8");
        let token = access(&pool).claim("origin_jti", id).sign();
        assert_eq!(process.verify(&token).await, ENDED);
    }
}
