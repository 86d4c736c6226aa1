//! When the next key of a load balancer may be fetched: after made-up keys, in an outage, and after a
//! fetch that was lost.

use std::future::{Future as _, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbVerifier, JwksError, JwksRequest, JwksResponse, VerifyError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout};

use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// How long the data live: longer than a test.
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

fn good(load_balancer: &TestLoadBalancer) -> String {
    load_balancer.token("alice").client_id("app").expires_in(LIFETIME).sign()
}

fn made_up(load_balancer: &TestLoadBalancer, number: u32) -> String {
    let data = load_balancer.token("mallory").client_id("app").expires_in(LIFETIME);
    data.header("kid", format!("{number:08x}-0000-4000-8000-000000000000")).sign()
}

async fn judge(verifier: &AlbVerifier, data: &str) -> Option<VerifyError> {
    verifier.verify(data).await.err()
}

fn is_unavailable(refused: Option<&VerifyError>) -> bool {
    matches!(refused, Some(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_new_key_waits_for_the_next_fetch_however_many_made_up_keys_came_before() {
    let load_balancer = TestLoadBalancer::offline();
    let verifier = load_balancer.verifier("app");
    assert_eq!(judge(&verifier, &good(&load_balancer)).await, None);
    for number in 0..10 {
        let refused = judge(&verifier, &made_up(&load_balancer, number)).await;
        assert_eq!(refused, Some(VerifyError::UnknownKey), "{number}");
        load_balancer.rotate_key();
        let start = Instant::now();
        assert_eq!(judge(&verifier, &good(&load_balancer)).await, None, "{number}");
        assert!(start.elapsed() <= Duration::from_millis(2501), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_has_yet_is_tried_for_every_few_seconds_in_an_outage() {
    let load_balancer = TestLoadBalancer::offline();
    let (verifier, data) = (load_balancer.verifier("app"), good(&load_balancer));
    load_balancer.set_outage(true);
    for _ in 0..600 {
        let refused = judge(&verifier, &data).await;
        assert!(is_unavailable(refused.as_ref()), "{refused:?}");
        sleep(SECOND).await;
    }
    let requests = load_balancer.key_requests();
    assert!((100..=240).contains(&requests), "{requests} in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_due_is_tried_for_less_and_less_often_in_an_outage() {
    let load_balancer = TestLoadBalancer::offline();
    let (verifier, data) = (load_balancer.verifier("app"), good(&load_balancer));
    assert_eq!(judge(&verifier, &data).await, None);
    sleep(27 * HOUR).await;
    load_balancer.set_outage(true);
    for _ in 0..3600 {
        assert_eq!(at_once(judge(&verifier, &data)), None);
        sleep(SECOND).await;
    }
    let requests = load_balancer.key_requests();
    // Up to a minute apart, half a minute mostly.
    assert!((60..300).contains(&requests), "{requests} in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_fetch_failed_counts_for_the_next_as_any_other_does() {
    let load_balancer = TestLoadBalancer::offline();
    let asked = Arc::<Mutex<Vec<_>>>::default();
    let notes = Arc::clone(&asked);
    let endpoint = Endpoint::new(move |request: JwksRequest| {
        notes.lock().expect("the notes").push(request.url().to_owned());
        ready(Err(JwksError::Status(503)))
    });
    let builder = load_balancer.verifier_builder().fetcher(endpoint);
    let verifier = builder.trust(load_balancer.user_pool(), "app").build().expect("settings");
    let (own, other) = (good(&load_balancer), made_up(&load_balancer, 0));
    for (data, wait) in
        [(&own, SECOND), (&own, Duration::ZERO), (&own, 5 * SECOND), (&other, SECOND)]
    {
        let refused = judge(&verifier, data).await;
        assert!(is_unavailable(refused.as_ref()), "{refused:?}");
        sleep(wait).await;
    }
    let asked = asked.lock().expect("the notes").clone();
    let url = format!("{}/{}", load_balancer.load_balancer().key_url(), load_balancer.key_id());
    assert_eq!(asked, [url.clone(), url]);
}

/// A runtime that stands still but for what it is given.
fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// A verifier that waits for a key on a runtime which then stands still, the first of two answers:
/// that there is no such key, and the key.
fn lost(load_balancer: &TestLoadBalancer, runtime: &Runtime) -> (AlbVerifier, Endpoint) {
    let (pem, asked) = (load_balancer.public_key_pem(), AtomicUsize::new(0));
    let endpoint = Endpoint::new(move |_| {
        let (pem, first) = (pem.clone(), asked.fetch_add(1, Ordering::SeqCst) == 0);
        async move {
            if first {
                sleep(SECOND).await;
                return Err(JwksError::Status(403));
            }
            Ok(JwksResponse::new(pem))
        }
    });
    let builder = load_balancer.verifier_builder().fetcher(endpoint.clone());
    let verifier = builder.trust(load_balancer.user_pool(), "app").build().expect("settings");
    let data = good(load_balancer);
    let waits = async { timeout(SECOND / 2, pin!(verifier.verify(&data))).await.is_err() };
    assert!(runtime.block_on(waits));
    (verifier, endpoint)
}

#[test]
fn a_fetch_is_lost_after_twice_the_time_that_it_may_take() {
    let load_balancer = TestLoadBalancer::offline();
    let (before, stopped) = (paused_runtime(), paused_runtime());
    let (verifier, endpoint) = lost(&load_balancer, &stopped);
    let after = paused_runtime();
    let data = good(&load_balancer);
    for (runtime, later, fetches) in
        [(before, 4 * SECOND, 1), (after, 2 * SECOND + SECOND / 1000, 2)]
    {
        load_balancer.clock().advance(later);
        let refused = runtime.block_on(async { timeout(SECOND, judge(&verifier, &data)).await });
        assert_eq!(refused.ok(), (fetches == 2).then_some(None), "{later:?}");
        assert_eq!(endpoint.requests(), fetches, "{later:?}");
    }
}

#[test]
fn a_fetch_that_was_lost_and_overtaken_changes_nothing_when_it_ends() {
    let (load_balancer, stopped) = (TestLoadBalancer::offline(), paused_runtime());
    let (verifier, _) = lost(&load_balancer, &stopped);
    let data = good(&load_balancer);
    load_balancer.clock().advance(10 * SECOND);
    assert_eq!(paused_runtime().block_on(judge(&verifier, &data)), None);
    stopped.block_on(async { sleep(2 * SECOND).await });
    assert_eq!(at_once(judge(&verifier, &data)), None);
}

#[test]
fn fetches_that_never_ran_do_not_all_ask_once_they_may() {
    let (load_balancer, runtime) = (TestLoadBalancer::offline(), paused_runtime());
    let (verifier, data) = (load_balancer.verifier("app"), good(&load_balancer));
    for _ in 0..3 {
        let _entered = runtime.enter();
        // Each begins a fetch that is not polled before the next.
        let waiting = pin!(verifier.verify(&data));
        assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        load_balancer.clock().advance(7 * SECOND);
    }
    assert_eq!(runtime.block_on(judge(&verifier, &data)), None);
    assert_eq!(load_balancer.key_requests(), 1);
}
