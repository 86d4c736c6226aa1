//! Keys that the endpoint says it does not have: asked for again in time, and told of in the log.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbVerifier, JwksError, JwksRequest, JwksResponse, VerifyError};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::common::endpoint::Endpoint;
use crate::common::log::Log;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// A load balancer whose endpoint does not have the key yet.
struct Rig {
    load_balancer: TestLoadBalancer,
    verifier: AlbVerifier,
    served: Arc<AtomicBool>,
    /// The ids of the keys that the endpoint was asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    fn new() -> Self {
        Self::looking_again_after(24 * HOUR)
    }

    /// One whose keys are looked at again at this age.
    fn looking_again_after(age: Duration) -> Self {
        let load_balancer = TestLoadBalancer::offline();
        let (kid, pem) = (load_balancer.key_id(), load_balancer.public_key_pem());
        let (served, asked) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (is_served, notes) = (Arc::clone(&served), Arc::clone(&asked));
        let endpoint = Endpoint::new(move |request: JwksRequest| {
            let (_, id) = request.url().rsplit_once('/').expect("an id");
            notes.lock().expect("the notes").push(id.to_owned());
            let has = request.url().ends_with(&kid) && is_served.load(Ordering::SeqCst);
            ready(if has {
                Ok(JwksResponse::new(pem.clone()))
            } else {
                Err(JwksError::Status(403))
            })
        });
        let builder = load_balancer.verifier_builder().fetcher(endpoint);
        let verifier = builder.trust(load_balancer.user_pool(), "app").refresh_after(age).build();
        Self { verifier: verifier.expect("settings that can be"), load_balancer, served, asked }
    }

    /// From now on the endpoint has the key, or has it no more.
    fn serve(&self, served: bool) {
        self.served.store(served, Ordering::SeqCst);
    }

    fn good(&self) -> String {
        self.load_balancer.token("alice").client_id("app").expires_in(LIFETIME).sign()
    }

    fn made_up(&self, number: u32) -> String {
        let data = self.load_balancer.token("mallory").client_id("app").expires_in(LIFETIME);
        data.header("kid", made_up_id(number)).sign()
    }

    /// The ids of the keys that the endpoint was asked for, in turn.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the notes").clone()
    }

    async fn judge(&self, data: &str) -> Option<VerifyError> {
        self.verifier.verify(data).await.err()
    }

    /// What is logged while these data are judged, and of the fetch behind the answer.
    async fn log_of(&self, data: &str) -> String {
        let (log, _guard) = Log::start();
        let _ = self.judge(data).await;
        sleep(SECOND).await;
        log.text()
    }
}

fn made_up_id(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_named_before_it_is_served_is_had_at_the_next_question() {
    let rig = Rig::new();
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, Some(VerifyError::UnknownKey));
    rig.serve(true);
    sleep(10 * SECOND).await;
    assert_eq!(rig.judge(&good).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_long_ago_does_not_hold_up_a_key_that_was_denied() {
    let rig = Rig::new();
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, Some(VerifyError::UnknownKey));
    rig.judge(&rig.made_up(0)).await.expect("a key that is not there");
    rig.serve(true);
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge(&good).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_denied_key_that_was_named_again_long_ago_does_not_hold_up_a_new_one() {
    let rig = Rig::new();
    for number in 0..3 {
        let refused = rig.judge(&rig.made_up(number)).await;
        assert_eq!(refused, Some(VerifyError::UnknownKey), "{number}");
        sleep(5 * SECOND).await;
    }
    rig.judge(&rig.made_up(0)).await.expect("a key that is not there");
    rig.serve(true);
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge(&rig.good()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_named_before_it_is_served_gets_through_a_flood_of_made_up_keys() {
    let rig = Rig::new();
    let (good, start) = (rig.good(), Instant::now());
    rig.judge(&good).await.expect("a key that is not there");
    rig.serve(true);
    let (mut flood, mut accepted_after) = (JoinSet::new(), None);
    for beat in 0..120 {
        for number in beat * 20..(beat + 1) * 20 {
            let (verifier, data) = (rig.verifier.clone(), rig.made_up(number));
            flood.spawn(async move { verifier.verify(&data).await.is_err() });
        }
        sleep(SECOND).await;
        if rig.judge(&good).await.is_none() && accepted_after.is_none() {
            accepted_after = Some(start.elapsed().as_secs());
        }
    }
    assert!(accepted_after.is_some_and(|seconds| seconds <= 60), "{accepted_after:?}");
    assert!(flood.join_all().await.into_iter().all(|refused| refused));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_came_after_all_is_looked_at_again_before_others_that_fewer_name() {
    let rig = Rig::looking_again_after(60 * SECOND);
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, Some(VerifyError::UnknownKey));
    rig.serve(true);
    sleep(10 * SECOND).await;
    assert_eq!(rig.judge(&good).await, None);
    // It is due then.
    sleep(70 * SECOND).await;
    for number in 0..2 {
        assert_eq!(rig.judge(&rig.made_up(number)).await, Some(VerifyError::UnknownKey));
        sleep(if number == 0 { 6 * SECOND } else { SECOND }).await;
    }
    for _ in 0..2 {
        assert_eq!(rig.judge(&good).await, None);
    }
    sleep(5 * SECOND).await;
    rig.judge(&rig.made_up(2)).await.expect("a key that is not there");
    // The fetches before: twice for this key, and for the two that were made up.
    assert_eq!(rig.asked().get(4), Some(&rig.load_balancer.key_id()), "{:?}", rig.asked());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_denies_the_first_keys_is_warned_of_and_made_up_keys_are_not() {
    let rig = Rig::new();
    let log = rig.log_of(&rig.good()).await;
    assert!(log.contains("WARN") && log.contains("403 may mean"), "{log}");
    rig.serve(true);
    sleep(10 * SECOND).await;
    let log = rig.log_of(&rig.good()).await;
    assert!(log.contains("got a key") && !log.contains("WARN"), "{log}");
    sleep(10 * SECOND).await;
    let log = rig.log_of(&rig.made_up(0)).await;
    assert!(log.contains("does not have this key") && !log.contains("WARN"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_works_until_a_second_fetch_denies_it_and_both_are_warned_of() {
    let rig = Rig::new();
    rig.serve(true);
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, None);
    rig.serve(false);
    sleep(27 * HOUR).await;
    let log = rig.log_of(&good).await;
    assert!(log.contains("WARN") && log.contains("denies a key that is in use"), "{log}");
    for _ in 0..8 {
        assert_eq!(rig.judge(&good).await, None);
        sleep(SECOND).await;
    }
    assert_eq!(rig.asked().len(), 2, "asked again after ten seconds at the earliest");
    sleep(2 * SECOND).await;
    let log = rig.log_of(&good).await;
    assert!(log.contains("WARN") && log.contains("no longer has a key that was in use"), "{log}");
    assert_eq!(rig.judge(&good).await, Some(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_that_the_endpoint_denied_once_and_has_again_is_as_it_was() {
    let rig = Rig::new();
    rig.serve(true);
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, None);
    for _ in 0..2 {
        rig.serve(false);
        sleep(27 * HOUR).await;
        assert_eq!(rig.judge(&good).await, None);
        sleep(11 * SECOND).await;
        rig.serve(true);
        assert_eq!(rig.judge(&good).await, None);
        sleep(SECOND).await;
    }
    assert_eq!(rig.asked().len(), 5);
    assert_eq!(rig.judge(&good).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_never_verified_anything_is_dropped_when_it_is_denied() {
    let rig = Rig::looking_again_after(60 * SECOND);
    rig.serve(true);
    let good = rig.good();
    let (signed, _) = good.rsplit_once('.').expect("a signature");
    let forged = format!("{signed}.{}", "A".repeat(86));
    assert_eq!(rig.judge(&forged).await, Some(VerifyError::Signature));
    rig.serve(false);
    sleep(70 * SECOND).await;
    assert_eq!(rig.judge(&forged).await, Some(VerifyError::Signature));
    sleep(SECOND).await;
    assert_eq!(rig.judge(&forged).await, Some(VerifyError::UnknownKey));
}
