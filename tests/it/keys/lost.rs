//! A fetch that is lost, since what runs it stands still: the next one takes its place, and nobody takes
//! its silence for an answer.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, JwksError, JwksResponse, JwksState, VerifyError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout};

use crate::common::endpoint::Endpoint;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A runtime whose clock moves when all wait; it runs only while somebody blocks on it.
///
/// Its clock starts when it is made: two that are made together agree on the time.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Polls this for a moment on a runtime that then stands still.
fn park<F: Future>(runtime: &Runtime, future: F) {
    let moment = async { timeout(Duration::from_millis(1), future).await.is_err() };
    assert!(runtime.block_on(moment), "nothing was waited for");
}

/// A pool whose keys were fetched ten minutes ago, its verifier, and a token for three hours.
fn due(runtime: &Runtime) -> (TestPool, CognitoVerifier, String) {
    let pool = TestPool::offline();
    runtime.block_on(pool.keys().refresh()).unwrap();
    pool.clock().advance(HOUR / 6);
    let token = pool.access_token("alice").client_id("app").expires_in(3 * HOUR).sign();
    let verifier = pool.verifier("app");
    (pool, verifier, token)
}

/// Keys of a pool by its clock: an endpoint that never answers, which may take a second.
fn unanswered(pool: &TestPool, jwks: Option<&str>) -> JwksCache {
    let endpoint = Endpoint::new(|_| std::future::pending());
    let builder = JwksCache::builder(pool.user_pool()).fetcher(endpoint).clock(pool.clock());
    let builder = builder.request_timeout(SECOND);
    let builder = if let Some(jwks) = jwks { builder.preload(jwks) } else { builder };
    builder.build().unwrap()
}

#[test]
fn a_key_removed_while_the_process_was_frozen_in_a_refresh_is_refused() {
    let runtime = runtime();
    let (pool, verifier, token) = due(&runtime);
    runtime.block_on(verifier.verify(&token)).unwrap();
    pool.rotate_keys();
    pool.clock().advance(2 * HOUR);
    assert_eq!(pool.keys().status().state(), JwksState::Idle);
    let verdict = runtime.block_on(verifier.verify(&token)).map(drop);
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
}

#[test]
fn a_key_removed_while_the_process_was_frozen_for_seconds_in_a_refresh_is_refused() {
    let runtime = runtime();
    let (pool, verifier, token) = due(&runtime);
    runtime.block_on(verifier.verify(&token)).unwrap();
    pool.rotate_keys();
    pool.clock().advance(7 * SECOND);
    let verdict = runtime.block_on(verifier.verify(&token)).map(drop);
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
}

#[test]
fn refreshes_that_never_ran_do_not_all_ask_once_they_may() {
    let runtime = runtime();
    let (pool, verifier, token) = due(&runtime);
    for _ in 0..3 {
        let _entered = runtime.enter();
        // Each begins a refresh that is not polled before the next.
        let mut verdict = pin!(verifier.verify(&token));
        let _ = verdict.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        pool.clock().advance(7 * SECOND);
    }
    runtime.block_on(pool.keys().refresh()).unwrap();
    assert_eq!(pool.jwks_requests(), 2);
}

#[test]
fn a_key_whose_fetch_was_lost_is_not_unknown() {
    let pool = TestPool::offline();
    let keys = unanswered(&pool, Some(&pool.jwks()));
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let verifier = verifier.unwrap();
    let token = pool.access_token("alice").client_id("app").header("kid", "new").sign();
    let (parked, other) = (runtime(), runtime());
    park(&parked, verifier.verify(&token));
    pool.clock().advance(3 * SECOND);
    let verdict = other.block_on(verifier.verify(&token)).map(drop);
    assert!(matches!(verdict, Err(VerifyError::KeysUnavailable { .. })), "{verdict:?}");
}

#[test]
fn prefetch_does_not_take_a_fetch_that_was_lost_for_a_good_one() {
    let pool = TestPool::offline();
    let keys = unanswered(&pool, None);
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let verifier = verifier.unwrap();
    let (parked, other) = (runtime(), runtime());
    park(&parked, verifier.prefetch());
    pool.clock().advance(3 * SECOND);
    // It makes a fetch of its own, which takes a second in vain.
    let error = other.block_on(verifier.prefetch()).unwrap_err();
    let errors: Vec<_> = error.failures().map(|(_, error)| error).collect();
    assert_eq!(errors, [&JwksError::Timeout(SECOND)]);
}

#[test]
fn refresh_does_not_wait_for_ever_for_a_fetch_that_nobody_runs() {
    let keys = unanswered(&TestPool::offline(), None);
    let (parked, other) = (runtime(), runtime());
    park(&parked, keys.refresh());
    assert_eq!(other.block_on(keys.refresh()), Err(JwksError::Timeout(SECOND)));
}

#[test]
fn a_fetch_that_its_runtime_dropped_delays_nobody() {
    let pool = TestPool::offline();
    let endpoint = Endpoint::new(|_| std::future::pending());
    let keys = JwksCache::builder(pool.user_pool()).fetcher(endpoint.clone()).clock(pool.clock());
    let keys = keys.build().unwrap();
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let verifier = verifier.unwrap();
    let token = pool.access_token("alice").client_id("app").sign();
    for _ in 0..3 {
        let dropped = runtime();
        park(&dropped, verifier.verify(&token));
        drop(dropped);
    }
    let jwks = pool.jwks();
    endpoint.set(move |_| std::future::ready(Ok(JwksResponse::new(jwks.as_str()))));
    runtime().block_on(async {
        let start = Instant::now();
        verifier.verify(&token).await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
    let status = keys.status();
    assert_eq!((status.fetches_failed(), status.last_error()), (0, None));
}

#[test]
fn a_fetch_that_its_runtime_dropped_makes_no_outage_and_leaves_the_state_as_it_was() {
    let runtime = runtime();
    let (pool, verifier, token) = due(&runtime);
    pool.set_latency(SECOND);
    assert!(runtime.block_on(verifier.verify(&token)).is_ok());
    assert_eq!(pool.keys().status().state(), JwksState::Due);
    drop(runtime);
    assert_eq!(pool.keys().status().state(), JwksState::Due);
    assert_eq!(pool.keys().status().last_error(), None);
}

#[test]
fn a_waiter_in_another_runtime_takes_the_place_of_a_fetch_that_was_dropped() {
    let pool = TestPool::offline();
    let endpoint = Endpoint::new(|_| std::future::pending());
    let keys = JwksCache::builder(pool.user_pool()).fetcher(endpoint.clone()).clock(pool.clock());
    let keys = keys.build().unwrap();
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let verifier = verifier.unwrap();
    let token = pool.access_token("alice").client_id("app").sign();
    let (dropped, other) = (runtime(), runtime());
    park(&dropped, verifier.verify(&token));
    let jwks = pool.jwks();
    endpoint.set(move |_| std::future::ready(Ok(JwksResponse::new(jwks.as_str()))));
    let waiting = other.spawn(async move { verifier.verify(&token).await.map(drop) });
    other.block_on(async { tokio::task::yield_now().await });
    drop(dropped);
    assert_eq!(other.block_on(waiting).unwrap(), Ok(()));
}

#[test]
fn a_waiter_on_a_lost_fetch_finds_the_key_that_another_fetch_brought() {
    let pool = TestPool::offline();
    let endpoint = Endpoint::new(|_| std::future::pending());
    let keys = JwksCache::builder(pool.user_pool()).fetcher(endpoint.clone()).clock(pool.clock());
    let keys = keys.max_wait(10 * SECOND).build().unwrap();
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let verifier = verifier.unwrap();
    let token = pool.access_token("alice").client_id("app").sign();
    let (parked, other) = (runtime(), runtime());
    park(&parked, verifier.verify(&token));
    let jwks = pool.jwks();
    endpoint.set(move |_| std::future::ready(Ok(JwksResponse::new(jwks.as_str()))));
    other.block_on(async {
        let start = Instant::now();
        verifier.verify(&token).await.unwrap();
        // It is lost six seconds after its start.
        assert!(start.elapsed() < 7 * SECOND, "{:?}", start.elapsed());
    });
}

#[test]
fn an_answer_after_a_wait_for_a_fetch_that_failed_is_a_stale_one() {
    let runtime = runtime();
    let (pool, verifier, token) = due(&runtime);
    pool.clock().advance(HOUR);
    pool.set_outage(true);
    runtime.block_on(verifier.verify(&token)).unwrap();
    assert_eq!(pool.keys().status().stale_answers(), 1);
}
