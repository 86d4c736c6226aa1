//! How often a verification allocates: a regression fails here without a clock.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoVerifier, Revocation, Revocations, TokenUse, VerifyError};
use tokio::runtime::Builder;

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const AUDIENCE: &str = "https://api.example.com";

/// A token of the size and with the claims that Cognito's hosted page gives.
fn typical(pool: &TestPool) -> TestToken {
    let token = pool.access_token("5f2b8f6e-9d0c-4a49-8a3d-0a8f0b9f6c11").client_id(CLIENT);
    token.scope("openid profile orders/read").groups(["admins", "staff"])
}

#[test]
fn a_token_that_is_verified_anew_takes_20_allocations_at_most() {
    let pool = TestPool::offline();
    let builder = CognitoVerifier::builder().trust(&pool, CLIENT).clock(pool.clock());
    let (verifier, token) =
        (builder.without_token_cache().build().expect("settings"), typical(&pool).sign());
    verifier.verify_cached(&token).expect("a good token");
    let info = measure(|| drop(verifier.verify_cached(&token)));
    println!("{info:?}");
    assert!(info.count_total <= 20, "{info:?}");
    assert_eq!(info.count_current, 0, "{info:?}");
}

#[test]
fn a_token_that_is_verified_anew_and_remembered_takes_20_allocations_at_most() {
    let pool = TestPool::offline();
    let (verifier, first, second) =
        (pool.verifier(CLIENT), typical(&pool).sign(), typical(&pool).sign());
    verifier.verify_cached(&first).expect("a good token");
    let info = measure(|| drop(verifier.verify_cached(&second)));
    println!("{info:?}");
    assert!(info.count_total <= 20, "{info:?}");
    assert!(info.count_current > 0, "it should be remembered: {info:?}");
}

#[test]
fn a_token_from_the_cache_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let (verifier, token) = (pool.verifier(CLIENT), typical(&pool).sign());
    verifier.verify_cached(&token).expect("a good token");
    let info = measure(|| drop(verifier.verify_cached(&token)));
    println!("{info:?}");
    assert!(info.count_total <= 2, "{info:?}");
}

#[test]
fn a_list_of_ten_thousand_revocations_takes_no_allocation() {
    let pool = TestPool::offline();
    let revocations = Revocations::in_memory();
    let with_list = CognitoVerifier::builder().trust(&pool, CLIENT).clock(pool.clock());
    let with_list = with_list.revocations(&revocations).build().expect("valid settings");
    let pool_id = pool.user_pool().id().to_owned();
    let entries = (0..10_000).map(|number| {
        let id = format!("{number:08x}-9d0c-4a49-8a3d-0a8f0b9f6c11");
        match number % 4 {
            0 => Revocation::sign_in(&pool_id, id),
            1 => Revocation::token(&pool_id, id),
            2 => Revocation::user(&pool_id, id),
            _ => Revocation::renewal(&pool_id, id),
        }
        .expect("an entry")
    });
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(revocations.add(entries)).expect("room");
    let token = typical(&pool).sign();
    let without_list = pool.verifier(CLIENT);
    for verifier in [&with_list, &without_list] {
        verifier.verify_cached(&token).expect("a good token");
    }
    let expected = measure(|| drop(without_list.verify_cached(&token)));
    let info = measure(|| drop(with_list.verify_cached(&token)));
    assert_eq!(info.count_total, expected.count_total);
    // The list has changed, so the token is looked up again.
    let other = Revocation::all("eu-west-1_other").expect("an entry");
    runtime.block_on(revocations.add([other])).expect("room");
    let info = measure(|| drop(with_list.verify_cached(&token)));
    assert_eq!(info.count_total, expected.count_total);
}

#[test]
fn a_token_whose_key_is_there_takes_no_more_allocations_where_it_might_have_to_wait() {
    let pool = TestPool::offline();
    let (verifier, token) = (pool.verifier(CLIENT), typical(&pool).sign());
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

/// A verifier that asks for all that can be asked for, and remembers tokens.
fn strict(pool: &TestPool) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(pool, CLIENT).clock(pool.clock());
    let builder = builder.audience(AUDIENCE).max_token_age(Duration::from_secs(600));
    builder.build().expect("settings that can be")
}

/// Each of these tokens is refused as this, with so many allocations at most.
fn assert_allocations(
    most: u64,
    pool: &TestPool,
    refused: impl IntoIterator<Item = (String, VerifyError)>,
) {
    let verifier = strict(pool);
    verifier.verify_cached(&good(pool).sign()).expect("a good token");
    for (token, expected) in refused {
        let mut error = None;
        let info = measure(|| error = verifier.verify_cached(&token).err());
        println!("{expected:?} {info:?}");
        assert_eq!(error, Some(expected));
        assert!(info.count_total <= most, "{error:?}: {info:?}");
    }
}

fn good(pool: &TestPool) -> TestToken {
    typical(pool).claim("aud", AUDIENCE)
}

#[test]
fn a_token_that_is_refused_for_its_form_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let good = || good(&pool);
    let refused = [
        ("x".repeat(16 * 1024 + 1), VerifyError::TooLong),
        (good().header("x", "x".repeat(1024)).sign(), VerifyError::TooLong),
        ("garbage".to_owned(), VerifyError::NotJwt),
        (pool.refresh_token(), VerifyError::RefreshToken),
        (good().sign() + "=", VerifyError::Base64),
        (good().header("alg", "none").sign(), VerifyError::Algorithm),
        (good().header("crit", ["exp"]).sign(), VerifyError::Extension),
        (good().header("cty", "JWT").sign(), VerifyError::Nested),
    ];
    assert_allocations(2, &pool, refused);
}

/// The parser says in a text what it expected, and where: that is what these take more.
#[test]
fn a_token_whose_json_cannot_be_read_takes_7_allocations_at_most() {
    let pool = TestPool::offline();
    let refused = [
        (pool.sign(r#"{"alg":"RS256""#, "{}"), VerifyError::Header),
        (pool.sign("[]", "{}"), VerifyError::Header),
        (pool.sign(r#"{"kid":7,"alg":"RS256"}"#, "{}"), VerifyError::Header),
        (
            pool.sign(r#"{"alg":"RS256"}"#, r#"{"sub":"alice""#),
            VerifyError::Payload { claim: None },
        ),
        (pool.sign(r#"{"alg":"RS256"}"#, "[]"), VerifyError::Payload { claim: None }),
    ];
    assert_allocations(7, &pool, refused);
}

/// The payload is read a second time, to name the claim.
#[test]
fn a_token_with_a_claim_of_the_wrong_type_takes_13_allocations_at_most() {
    let pool = TestPool::offline();
    let good = || good(&pool);
    let refused = [
        (good().claim("sub", 7).sign(), VerifyError::Payload { claim: Some("sub") }),
        (good().claim("scope", 7).sign(), VerifyError::Payload { claim: Some("scope") }),
    ];
    assert_allocations(13, &pool, refused);
}

#[test]
fn a_token_that_is_refused_for_its_claims_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let good = || good(&pool);
    let without =
        |name: &'static str| (good().without_claim(name).sign(), VerifyError::MissingClaim(name));
    let other = TestPool::offline().access_token("alice").client_id(CLIENT);
    let refresh = good().claim("token_use", "refresh");
    let refused = [
        without("iss"),
        (other.sign(), VerifyError::Issuer),
        without("token_use"),
        (refresh.sign(), VerifyError::RefreshToken),
        (pool.id_token("alice").sign(), VerifyError::TokenUse(TokenUse::Access)),
        without("client_id"),
        (good().client_id("another").sign(), VerifyError::Client),
        (good().without_claim("aud").sign(), VerifyError::Audience),
        (good().claim("aud", "another").sign(), VerifyError::Audience),
        without("sub"),
        without("iat"),
        without("exp"),
    ];
    assert_allocations(2, &pool, refused);
}

#[test]
fn a_token_that_is_refused_for_its_dates_or_its_key_takes_2_allocations_at_most() {
    let pool = TestPool::offline();
    let good = || good(&pool);
    let refused = [
        (good().expired().sign(), VerifyError::Expired),
        (good().claim("nbf", 9e9).sign(), VerifyError::NotYetValid),
        (good().claim("iat", 9e9).sign(), VerifyError::IssuedInFuture),
        (good().issued_ago(Duration::from_secs(601)).sign(), VerifyError::TooOld),
        (good().without_header("kid").sign(), VerifyError::KeyId),
    ];
    assert_allocations(2, &pool, refused);
}

/// A buffer, the list of the groups, and the list of the audiences.
#[test]
fn a_token_that_is_refused_for_a_list_of_audiences_takes_3_allocations_at_most() {
    let pool = TestPool::offline();
    let token = good(&pool).claim("aud", ["another", "one"]).sign();
    assert_allocations(3, &pool, [(token, VerifyError::Audience)]);
}

/// A buffer, the list of the groups, and the key id, which outlives the buffer.
#[test]
fn a_token_with_an_unknown_key_takes_3_allocations_at_most() {
    let pool = TestPool::offline();
    let (verifier, token) = (strict(&pool), good(&pool).header("kid", "unknown").sign());
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        pool.keys().refresh().await.expect("keys from memory");
        let mut context = Context::from_waker(Waker::noop());
        let mut verdict = None;
        let info = measure(|| {
            let verified = pin!(verifier.verify(&token)).as_mut().poll(&mut context);
            verdict = Some(verified.map(Result::err));
        });
        println!("{info:?}");
        assert_eq!(verdict, Some(Poll::Ready(Some(VerifyError::UnknownKey))));
        assert!(info.count_total <= 3, "{info:?}");
    });
}
