//! Keys that the endpoint says it does not have: asked for again in time, and told of in the log.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbVerifier, AlbVerifyError, JwksError, JwksRequest, JwksResponse};
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
}

impl Rig {
    fn new() -> Self {
        let load_balancer = TestLoadBalancer::offline();
        let (kid, pem) = (load_balancer.key_id(), load_balancer.public_key_pem());
        let served = Arc::<AtomicBool>::default();
        let is_served = Arc::clone(&served);
        let endpoint = Endpoint::new(move |request: JwksRequest| {
            let has = request.url().ends_with(&kid) && is_served.load(Ordering::SeqCst);
            ready(if has {
                Ok(JwksResponse::new(pem.clone()))
            } else {
                Err(JwksError::Status(403))
            })
        });
        let builder = load_balancer.verifier_builder().fetcher(endpoint);
        let verifier = builder.trust(load_balancer.user_pool(), "app").build();
        Self { verifier: verifier.expect("settings that can be"), load_balancer, served }
    }

    /// From now on the endpoint has the key, or has it no more.
    fn serve(&self, served: bool) {
        self.served.store(served, Ordering::SeqCst);
    }

    fn good(&self) -> String {
        self.load_balancer.data("alice").client_id("app").expires_in(LIFETIME).sign()
    }

    fn made_up(&self, number: u32) -> String {
        let kid = format!("{number:08x}-0000-4000-8000-000000000000");
        let data = self.load_balancer.data("mallory").client_id("app").expires_in(LIFETIME);
        data.header("kid", kid).sign()
    }

    async fn judge(&self, data: &str) -> Option<AlbVerifyError> {
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

#[tokio::test(start_paused = true)]
async fn a_key_that_is_named_before_it_is_served_is_had_at_the_next_question() {
    let rig = Rig::new();
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, Some(AlbVerifyError::UnknownKey));
    rig.serve(true);
    sleep(10 * SECOND).await;
    assert_eq!(rig.judge(&good).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_long_ago_does_not_hold_up_a_key_that_was_denied() {
    let rig = Rig::new();
    let good = rig.good();
    assert_eq!(rig.judge(&good).await, Some(AlbVerifyError::UnknownKey));
    let blocked = rig.judge(&rig.made_up(0)).await;
    assert!(matches!(blocked, Some(AlbVerifyError::KeysUnavailable { .. })), "{blocked:?}");
    rig.serve(true);
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge(&good).await, None);
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
async fn a_key_that_was_in_use_and_is_gone_is_warned_of() {
    let rig = Rig::new();
    rig.serve(true);
    assert_eq!(rig.judge(&rig.good()).await, None);
    rig.serve(false);
    sleep(27 * HOUR).await;
    let log = rig.log_of(&rig.good()).await;
    assert!(log.contains("WARN") && log.contains("no longer has a key that was in use"), "{log}");
    assert_eq!(rig.judge(&rig.good()).await, Some(AlbVerifyError::UnknownKey));
}
