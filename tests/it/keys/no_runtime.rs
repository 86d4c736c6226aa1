//! Outside of a tokio runtime: keys at hand answer, the rest says that there are none, nothing panics.

use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoVerifier, JwksCache, JwksError, JwksResponse, JwksState, VerifyError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::log::Log;

/// A pool that no test changes.
static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const HOUR: Duration = Duration::from_secs(3600);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

/// A pool whose keys were fetched in a runtime that is gone, so long ago.
fn left_behind(age: Duration, state: JwksState) -> TestPool {
    let pool = TestPool::offline();
    in_a_runtime(pool.keys().refresh()).unwrap();
    pool.clock().advance(age);
    assert_eq!(pool.keys().status().state(), state);
    pool
}

fn in_a_runtime<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// A cache that has none of the pool's keys yet.
fn without_keys() -> JwksCache {
    JwksCache::new(POOL.user_pool()).unwrap()
}

/// What is said of a token at once, of this pool and with this `kid` if one is named.
fn verdict(pool: &TestPool, kid: Option<&str>) -> Result<(), VerifyError> {
    let token = pool.access_token("alice").client_id("app");
    let token = match kid {
        Some(kid) => token.header("kid", kid),
        None => token,
    };
    at_once(pool.verifier("app").verify(&token.sign())).map(drop)
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[test]
fn keys_that_are_fresh_answer() {
    assert_eq!(verdict(&left_behind(HOUR / 60, JwksState::Fresh), None), Ok(()));
}

#[test]
fn keys_that_are_due_answer() {
    assert_eq!(verdict(&left_behind(HOUR / 2, JwksState::Due), None), Ok(()));
}

#[test]
fn keys_that_are_idle_answer() {
    assert_eq!(verdict(&left_behind(2 * HOUR, JwksState::Idle), None), Ok(()));
}

#[test]
fn keys_of_an_outage_answer() {
    let pool = left_behind(HOUR / 60, JwksState::Fresh);
    pool.set_outage(true);
    in_a_runtime(pool.keys().refresh()).unwrap_err();
    assert_eq!(verdict(&pool, None), Ok(()));
}

#[test]
fn dead_keys_do_not_answer() {
    let verdict = verdict(&left_behind(25 * HOUR, JwksState::Expired), None);
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[test]
fn an_unknown_key_cannot_be_fetched() {
    let verdict = verdict(&left_behind(HOUR / 60, JwksState::Fresh), Some("unknown"));
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[test]
fn an_unknown_key_does_not_join_the_fetch_of_a_runtime() {
    let pool = left_behind(HOUR / 60, JwksState::Fresh);
    pool.set_latency(HOUR);
    let runtime = runtime();
    let refresh = async { timeout(Duration::from_millis(1), pool.keys().refresh()).await };
    runtime.block_on(refresh).unwrap_err();
    let verdict = verdict(&pool, Some("unknown"));
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[test]
fn the_first_keys_cannot_be_fetched() {
    let keys = without_keys();
    let verifier = CognitoVerifier::builder().trust(&keys, "test-client").build().unwrap();
    let token = POOL.access_token("alice").sign();
    let verdict = at_once(verifier.verify(&token)).map(drop);
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[test]
fn refresh_says_that_there_is_no_runtime() {
    let keys = without_keys();
    assert_eq!(at_once(keys.refresh()), Err(JwksError::NoRuntime));
}

#[test]
fn prefetch_says_that_there_is_no_runtime() {
    let keys = without_keys();
    let verifier = CognitoVerifier::builder().trust(&keys, "app").build().unwrap();
    let error = at_once(verifier.prefetch()).unwrap_err();
    let pool = POOL.user_pool();
    assert_eq!(error.failures().collect::<Vec<_>>(), [(pool.id(), &JwksError::NoRuntime)]);
}

#[test]
fn spawn_refresh_does_nothing() {
    let keys = without_keys();
    drop(keys.spawn_refresh());
    assert_eq!(keys.status().state(), JwksState::Empty);
}

#[test]
fn keys_that_could_not_be_fetched_without_a_runtime_are_fetched_in_the_next() {
    let pool = left_behind(25 * HOUR, JwksState::Expired);
    let refused = verdict(&pool, None);
    assert!(is_unavailable(&refused), "{refused:?}");
    let token = pool.access_token("alice").client_id("app").sign();
    assert!(in_a_runtime(pool.verifier("app").verify(&token)).is_ok());
}

#[test]
fn a_fetch_on_a_runtime_that_nobody_drives_any_more_is_given_up() {
    let pool = TestPool::offline();
    pool.set_latency(Duration::from_secs(60));
    let verifier = pool.verifier("app");
    let parked = Builder::new_current_thread().enable_time().build().unwrap();
    parked.block_on(async {
        timeout(Duration::from_millis(1), pool.keys().refresh()).await.unwrap_err();
    });
    pool.set_latency(Duration::ZERO);
    pool.clock().advance(25 * HOUR);
    let token = pool.access_token("alice").client_id("app").sign();
    runtime().block_on(verifier.verify(&token)).unwrap();
}

/// An endpoint that gives these keys once its gate has a permit.
fn gated(jwks: String) -> (Endpoint, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let endpoint = Endpoint::new(move |_| {
        let (opened, jwks) = (Arc::clone(&opened), jwks.clone());
        async move {
            let _permit = opened.acquire().await;
            Ok(JwksResponse::new(jwks))
        }
    });
    (endpoint, gate)
}

#[test]
fn a_fetch_that_was_given_up_brings_no_removed_key_back_when_it_lands_late() {
    let pool = TestPool::offline();
    let (endpoint, gate) = gated(pool.jwks());
    let keys = JwksCache::builder(pool.user_pool()).fetcher(endpoint.clone()).clock(pool.clock());
    let keys = keys.build().unwrap();
    let verifier = CognitoVerifier::builder().trust(&keys, "app").clock(pool.clock()).build();
    let removed = pool.access_token("alice").client_id("app").sign();
    let parked = runtime();
    let refresh = async { timeout(Duration::from_millis(1), keys.refresh()).await };
    parked.block_on(refresh).unwrap_err();
    pool.clock().advance(Duration::from_secs(7));
    endpoint.set(answers::keys);
    in_a_runtime(keys.refresh()).unwrap();
    gate.add_permits(1);
    // Enough turns for the first fetch to land.
    parked.block_on(async {
        for _ in 0..16 {
            yield_now().await;
        }
    });
    let verdict = verifier.unwrap().verify_cached(&removed).map(drop);
    assert!(is_unavailable(&verdict), "{verdict:?}");
}

#[test]
fn spawn_refresh_in_a_runtime_without_timers_says_so() {
    let (log, _guard) = Log::start();
    let runtime = Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let keys = without_keys();
    drop(keys.spawn_refresh());
    let errors = log.errors();
    assert!(errors.len() == 1 && errors[0].contains("enable_all()"), "{errors:?}");
}
