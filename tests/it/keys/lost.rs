//! A fetch that is lost, since what runs it stands still: the next one takes its place, and nobody takes
//! its silence for an answer.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, JwksError, JwksState, VerifyError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

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
    let error = other.block_on(verifier.prefetch()).unwrap_err();
    let errors: Vec<_> = error.failures().map(|(_, error)| error).collect();
    assert_eq!(errors, [&JwksError::Interrupted]);
}

#[test]
fn refresh_does_not_wait_for_ever_for_a_fetch_that_nobody_runs() {
    let keys = unanswered(&TestPool::offline(), None);
    let (parked, other) = (runtime(), runtime());
    park(&parked, keys.refresh());
    assert_eq!(other.block_on(keys.refresh()), Err(JwksError::Interrupted));
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
