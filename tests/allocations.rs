//! How often a verification allocates: a regression fails here without a clock.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, VerifyError};

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";

/// A token of the size and with the claims that Cognito's hosted page gives.
fn typical_token(pool: &TestPool) -> String {
    let token = pool.access_token("5f2b8f6e-9d0c-4a49-8a3d-0a8f0b9f6c11").client_id(CLIENT);
    token.scope("openid profile orders/read").groups(["admins", "staff"]).sign()
}

#[test]
fn a_token_that_is_verified_anew_takes_20_allocations_at_most() {
    let pool = TestPool::offline();
    let builder = CognitoVerifier::builder().trust(&pool, CLIENT).clock(pool.clock());
    let (verifier, token) =
        (builder.without_token_cache().build().expect("settings"), typical_token(&pool));
    verifier.verify_cached(&token).expect("a good token");
    let info = measure(|| drop(verifier.verify_cached(&token)));
    println!("{info:?}");
    assert!(info.count_total <= 20, "{info:?}");
    assert_eq!(info.count_current, 0, "{info:?}");
}

#[test]
fn a_token_from_the_cache_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let (verifier, token) = (pool.verifier(CLIENT), typical_token(&pool));
    verifier.verify_cached(&token).expect("a good token");
    let info = measure(|| drop(verifier.verify_cached(&token)));
    println!("{info:?}");
    assert!(info.count_total <= 2, "{info:?}");
}

#[test]
fn a_token_whose_key_is_there_takes_no_more_allocations_where_it_might_have_to_wait() {
    let pool = TestPool::offline();
    let (verifier, token) = (pool.verifier(CLIENT), typical_token(&pool));
    verifier.verify_cached(&token).expect("a good token");
    let at_hand = measure(|| drop(verifier.verify_cached(&token)));
    let mut context = Context::from_waker(Waker::noop());
    let info = measure(|| {
        let mut verified = pin!(verifier.verify(&token));
        assert!(matches!(verified.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    });
    println!("{info:?}");
    assert!(info.count_total <= at_hand.count_total, "{info:?}, {at_hand:?}");
}

#[test]
fn a_token_that_is_refused_before_the_signature_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let verifier = pool.verifier(CLIENT);
    let good = || pool.access_token("alice").client_id(CLIENT).groups(["admins"]);
    let other = TestPool::offline();
    let refused = [
        ("garbage".to_owned(), VerifyError::NotJwt),
        (good().expired().sign(), VerifyError::Expired),
        (good().client_id("another").sign(), VerifyError::Client),
        (good().header("alg", "none").sign(), VerifyError::Algorithm),
        (other.access_token("alice").client_id(CLIENT).sign(), VerifyError::Issuer),
    ];
    for (token, expected) in refused {
        let mut error = None;
        let info = measure(|| error = verifier.verify_cached(&token).err());
        println!("{expected:?} {info:?}");
        assert_eq!(error, Some(expected));
        assert!(info.count_total <= 2, "{error:?}: {info:?}");
    }
}
