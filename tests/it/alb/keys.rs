//! The keys of a load balancer: one fetch for all, kept over outages, looked at again after a day.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};
use axum_cognito::{AlbLayer, AlbVerifier, JwksError, JwksResponse, VerifyError};
use http::{Request, Response};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tower::{Layer as _, Service as _, service_fn};

use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::log::Log;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// How long the data live: longer than a test.
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// A load balancer with a verifier behind it.
struct Rig {
    load_balancer: TestLoadBalancer,
    verifier: AlbVerifier,
}

impl Rig {
    fn new() -> Self {
        let load_balancer = TestLoadBalancer::offline();
        Self { verifier: load_balancer.verifier("app"), load_balancer }
    }

    /// With a key endpoint that does as the test says.
    fn at(endpoint: &Endpoint) -> Self {
        let load_balancer = TestLoadBalancer::offline();
        let builder = load_balancer.verifier_builder().fetcher(endpoint.clone());
        let verifier = builder.trust(load_balancer.user_pool(), "app").build();
        Self { verifier: verifier.expect("settings that can be"), load_balancer }
    }

    fn data(&self) -> TestAlbToken {
        self.load_balancer.token("alice").client_id("app").expires_in(LIFETIME)
    }

    async fn judge(&self) -> Result<(), VerifyError> {
        self.verifier.verify(&self.data().sign()).await.map(drop)
    }

    /// How many of a thousand requests at a time are let in.
    async fn judge_a_thousand(&self) -> usize {
        let (data, mut requests) = (self.data().sign(), JoinSet::new());
        for _ in 0..1000 {
            let (verifier, data) = (self.verifier.clone(), data.clone());
            requests.spawn(async move { verifier.verify(&data).await.is_ok() });
        }
        requests.join_all().await.into_iter().filter(|accepted| *accepted).count()
    }
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_on_a_cold_start_make_one_fetch() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(SECOND);
    assert_eq!(rig.judge_a_thousand().await, 1000);
    assert_eq!(rig.load_balancer.key_requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_on_several_threads_make_one_fetch() {
    let rig = Rig::new();
    assert_eq!(rig.judge_a_thousand().await, 1000);
    assert_eq!(rig.load_balancer.key_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_in_an_outage_make_one_fetch() {
    let rig = Rig::new();
    rig.load_balancer.set_outage(true);
    assert_eq!(rig.judge_a_thousand().await, 0);
    assert_eq!(rig.load_balancer.key_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_known_key_answers_at_once() {
    let rig = Rig::new();
    assert_eq!(rig.judge().await, Ok(()));
    assert_eq!(at_once(rig.judge()), Ok(()));
    assert_eq!(rig.load_balancer.key_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_fetch_of_a_dropped_request_brings_the_key_for_the_next() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(SECOND);
    timeout(SECOND / 2, rig.judge()).await.expect_err("it waits");
    sleep(SECOND).await;
    assert_eq!(at_once(rig.judge()), Ok(()));
    assert_eq!(rig.load_balancer.key_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_costs_a_request_no_more_than_max_wait() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(HOUR);
    let builder = rig.load_balancer.verifier_builder().trust(rig.load_balancer.user_pool(), "app");
    let verifier = builder.max_wait(2 * SECOND).request_timeout(60 * SECOND).build();
    let start = Instant::now();
    let verdict = verifier.expect("settings that can be").verify(&rig.data().sign()).await;
    assert!(is_unavailable(&verdict.map(drop)));
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_key_is_fetched_for_its_first_data_and_the_old_one_goes_on() {
    let rig = Rig::new();
    let old = rig.data().sign();
    assert_eq!(rig.judge().await, Ok(()));
    sleep(60 * SECOND).await;
    rig.load_balancer.rotate_key();
    assert_eq!(rig.judge().await, Ok(()));
    assert!(at_once(rig.verifier.verify(&old)).is_ok());
    assert_eq!(rig.load_balancer.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_key_leave_the_next_fetch_to_another() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(SECOND / 10);
    let first = rig.data().sign();
    let mut waiting = JoinSet::new();
    for _ in 0..20 {
        let (verifier, data) = (rig.verifier.clone(), first.clone());
        waiting.spawn(async move { verifier.verify(&data).await.is_ok() });
        sleep(SECOND / 1000).await;
    }
    assert!(waiting.join_all().await.into_iter().all(|accepted| accepted));
    rig.load_balancer.rotate_key();
    sleep(6 * SECOND).await;
    assert_eq!(rig.judge().await, Ok(()));
    assert_eq!(rig.load_balancer.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_whose_key_came_before_they_waited_leave_the_next_fetch_to_another() {
    let rig = Rig::new();
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("in")));
    let mut service = AlbLayer::new(rig.verifier.clone()).layer(inner);
    let data = rig.data().sign();
    let request = || Request::get("/").header("x-amzn-oidc-data", &data).body(());
    // Each has seen that there is no key, and gets no further yet.
    let waiting: Vec<_> = (0..20).map(|_| service.call(request().expect("a request"))).collect();
    assert_eq!(rig.judge().await, Ok(()));
    for answer in waiting {
        assert_eq!(at_once(answer).expect("never fails").status(), 200);
    }
    rig.load_balancer.rotate_key();
    sleep(6 * SECOND).await;
    assert_eq!(rig.judge().await, Ok(()));
    assert_eq!(rig.load_balancer.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_known_key_goes_on_over_an_outage_of_days() {
    let rig = Rig::new();
    assert_eq!(rig.judge().await, Ok(()));
    rig.load_balancer.set_outage(true);
    for _ in 0..71 {
        sleep(HOUR).await;
        assert_eq!(at_once(rig.judge()), Ok(()));
    }
    assert!(rig.load_balancer.key_requests() > 2, "it was tried in between");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_in_an_outage_is_no_fault_of_the_data() {
    let rig = Rig::new();
    assert_eq!(rig.judge().await, Ok(()));
    rig.load_balancer.set_outage(true);
    rig.load_balancer.rotate_key();
    sleep(60 * SECOND).await;
    for _ in 0..10 {
        let verdict = rig.judge().await;
        let Err(VerifyError::KeysUnavailable { retry_after }) = verdict else {
            panic!("{verdict:?}")
        };
        assert!(!retry_after.is_zero() && retry_after <= 60 * SECOND, "{retry_after:?}");
        sleep(SECOND).await;
    }
    rig.load_balancer.set_outage(false);
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_endpoint_does_not_have_is_unknown() {
    let rig = Rig::new();
    let data = rig.data().header("kid", "01234567-89ab-cdef-fedc-ba9876543210").sign();
    assert_eq!(rig.verifier.verify(&data).await.err(), Some(VerifyError::UnknownKey));
    // The answer is believed for a moment, and asked for again later.
    for wait in [Duration::ZERO, 9 * SECOND] {
        sleep(wait).await;
        let again = at_once(rig.verifier.verify(&data));
        assert_eq!(again.err(), Some(VerifyError::UnknownKey), "{wait:?}");
    }
    assert_eq!(rig.load_balancer.key_requests(), 1);
    sleep(SECOND).await;
    assert_eq!(rig.verifier.verify(&data).await.err(), Some(VerifyError::UnknownKey));
    assert_eq!(rig.load_balancer.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_looked_at_again_after_a_day_behind_the_answer() {
    let rig = Rig::new();
    assert_eq!(rig.judge().await, Ok(()));
    sleep(21 * HOUR).await;
    assert_eq!(at_once(rig.judge()), Ok(()));
    sleep(SECOND).await;
    assert_eq!(rig.load_balancer.key_requests(), 1);
    sleep(6 * HOUR).await;
    rig.load_balancer.set_latency(SECOND);
    assert_eq!(at_once(rig.judge()), Ok(()));
    sleep(2 * SECOND).await;
    assert_eq!(rig.load_balancer.key_requests(), 2);
    sleep(10 * SECOND).await;
    assert_eq!(at_once(rig.judge()), Ok(()));
    sleep(2 * SECOND).await;
    assert_eq!(rig.load_balancer.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_endpoint_no_longer_has_is_not_used_after_a_day_and_a_second_look() {
    let rig = Rig::new();
    let old = rig.data().sign();
    assert_eq!(rig.judge().await, Ok(()));
    rig.load_balancer.rotate_key();
    rig.load_balancer.remove_old_keys();
    sleep(27 * HOUR).await;
    for _ in 0..2 {
        // The one that causes the look is still answered.
        assert!(at_once(rig.verifier.verify(&old)).is_ok());
        sleep(11 * SECOND).await;
    }
    assert_eq!(rig.verifier.verify(&old).await.err(), Some(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_key_is_an_outage() {
    let wrong = [
        "<html>sign in</html>".to_owned(),
        String::new(),
        TestLoadBalancer::offline().public_key_pem().replace("PUBLIC", "EC PRIVATE"),
        format!("{0}{0}", TestLoadBalancer::offline().public_key_pem()),
        "x".repeat(1 << 20),
    ];
    for answer in wrong {
        let endpoint = Endpoint::new(move |_| ready(Ok(JwksResponse::new(answer.clone()))));
        let rig = Rig::at(&endpoint);
        let verdict = rig.judge().await;
        assert!(is_unavailable(&verdict), "{verdict:?}");
    }
    let endpoint = Endpoint::new(async |_| Ok(JwksResponse::not_modified()));
    assert!(is_unavailable(&Rig::at(&endpoint).judge().await));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_is_tried_once_more_at_once() {
    let endpoint = Endpoint::new(async |_| Err(JwksError::Connect("refused".to_owned())));
    assert!(is_unavailable(&Rig::at(&endpoint).judge().await));
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_panics_keeps_nobody_waiting_and_is_asked_again() {
    let endpoint = Endpoint::new(async |_| panic!("a fault in the fetcher"));
    let rig = Rig::at(&endpoint);
    let start = Instant::now();
    assert!(is_unavailable(&rig.judge().await));
    assert_eq!(start.elapsed(), Duration::ZERO);
    let pem = rig.load_balancer.public_key_pem();
    endpoint.set(move |_| ready(Ok(JwksResponse::new(pem.clone()))));
    sleep(10 * SECOND).await;
    assert_eq!(rig.judge().await, Ok(()));
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_fetch_leaves_a_verifier_that_works_in_the_next() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(SECOND);
    let first = paused_runtime();
    first.block_on(async { timeout(SECOND / 2, rig.judge()).await }).expect_err("it waits");
    drop(first);
    paused_runtime().block_on(async {
        sleep(10 * SECOND).await;
        assert_eq!(rig.judge().await, Ok(()));
    });
}

#[test]
fn without_a_runtime_there_is_no_panic() {
    let rig = Rig::new();
    assert!(is_unavailable(&at_once(rig.judge())));
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_one_load_balancer_do_not_wait_for_those_of_another() {
    let (first, second) = (TestLoadBalancer::offline(), TestLoadBalancer::offline());
    let pems = [&first, &second].map(|own| (own.key_id(), own.public_key_pem()));
    let endpoint = Endpoint::new(move |request| {
        let pem = pems.iter().find(|(kid, _)| request.url().ends_with(kid)).cloned();
        async move { pem.map(|(_, pem)| JwksResponse::new(pem)).ok_or(JwksError::Status(403)) }
    });
    let both = [first.load_balancer(), second.load_balancer()];
    let builder = AlbVerifier::builder(both).trust(first.user_pool(), "app");
    let verifier = builder.trust(second.user_pool(), "app").fetcher(endpoint.clone());
    let verifier = verifier.build().expect("settings that can be");
    for own in [&first, &second] {
        let data = own.token("alice").client_id("app").sign();
        let claims = verifier.verify(&data).await.expect("good data");
        assert_eq!(claims.signer(), own.load_balancer().arn());
    }
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outage_and_its_end_are_logged_without_any_data() {
    let (log, _guard) = Log::start();
    let rig = Rig::new();
    rig.judge().await.expect("a key");
    rig.load_balancer.set_outage(true);
    rig.load_balancer.rotate_key();
    for _ in 0..2 {
        sleep(60 * SECOND).await;
        rig.judge().await.expect_err("no key");
    }
    let text = log.text();
    assert_eq!(text.matches("no answer from the key endpoint").count(), 2, "{text}");
    assert!(!text.contains("answers again"), "{text}");
    rig.load_balancer.set_outage(false);
    sleep(60 * SECOND).await;
    rig.judge().await.expect("a key");
    let text = log.text();
    for expected in ["WARN", "answers again", "got a key"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("alice") && !text.contains("eyJ"), "{text}");
}
