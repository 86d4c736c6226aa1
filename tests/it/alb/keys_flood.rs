//! A flood of key ids that a client made up: few fetches, and the right key gets through.

use std::future::Future as _;
use std::task::{Context, Waker};
use std::time::Duration;

use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};
use axum_cognito::{AlbVerifier, VerifyError};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::common::alb::{region_of, texts};
use crate::common::at_once::at_once;
use crate::common::member::with_member;

const SECOND: Duration = Duration::from_secs(1);
/// How often twenty requests come, so that they are twenty thousand in a minute.
const BEAT: Duration = Duration::from_millis(60);
const EACH: u32 = 20;
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

struct Rig {
    load_balancer: TestLoadBalancer,
    verifier: AlbVerifier,
    /// What is signed, and what stands in the header: changed for each request of a flood.
    template: TestAlbToken,
}

impl Rig {
    fn new() -> Self {
        let load_balancer = TestLoadBalancer::offline();
        load_balancer.set_latency(SECOND / 2);
        let template = load_balancer.token("mallory").client_id("app").expires_in(LIFETIME);
        Self { verifier: load_balancer.verifier("app"), load_balancer, template }
    }

    fn good(&self) -> String {
        self.load_balancer.token("alice").client_id("app").expires_in(LIFETIME).sign()
    }

    /// The requests of so many beats; `each_beat` happens beside them.
    async fn flood(
        &self,
        beats: u32,
        beat_length: Duration,
        kid: impl Fn(u32) -> String,
        mut each_beat: impl AsyncFnMut(u32),
    ) -> Vec<Option<VerifyError>> {
        let (mut flood, forgery) = (JoinSet::new(), Forgery::of(&self.template));
        for beat in 0..beats {
            for number in beat * EACH..(beat + 1) * EACH {
                let data = forgery.with_kid(&kid(number));
                let verifier = self.verifier.clone();
                flood.spawn(async move { verifier.verify(&data).await.err() });
            }
            sleep(beat_length).await;
            each_beat(beat).await;
        }
        flood.join_all().await
    }
}

/// Data whose signature is of another text, but nobody gets that far.
struct Forgery {
    header: String,
    rest: String,
}

impl Forgery {
    fn of(template: &TestAlbToken) -> Self {
        let [header, _] = texts(template.clone().without_header("kid"));
        let signed = template.clone().sign();
        let (_, rest) = signed.split_once('.').expect("a payload");
        Self { header, rest: rest.to_owned() }
    }

    fn with_kid(&self, kid: &str) -> String {
        let header = with_member(&self.header, &format!(r#""kid":"{kid}""#));
        format!("{}.{}", URL_SAFE.encode(header), self.rest)
    }
}

fn made_up(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

fn refused_as_expected(verdicts: &[Option<VerifyError>]) {
    let expected = |error: &VerifyError| {
        matches!(error, VerifyError::UnknownKey | VerifyError::KeysUnavailable { .. })
    };
    let other = verdicts.iter().find(|verdict| !verdict.as_ref().is_some_and(expected));
    assert!(other.is_none(), "{other:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_made_up_keys_costs_24_fetches_a_minute_and_lets_the_new_key_through() {
    let rig = Rig::new();
    let (old, start) = (rig.good(), Instant::now());
    rig.verifier.verify(&old).await.expect("the first key");
    let rotation = Instant::now() + 200 * BEAT;
    let mut accepted_after = None;
    let verdicts = rig
        .flood(1000, BEAT, made_up, async |beat| {
            assert!(at_once(rig.verifier.verify(&old)).is_ok(), "a known key waits");
            if beat == 200 {
                rig.load_balancer.rotate_key();
            }
            // One honest request for a hundred others.
            if beat >= 200 && beat % 5 == 0 && accepted_after.is_none() {
                let (verifier, good) = (rig.verifier.clone(), rig.good());
                if tokio::spawn(async move { verifier.verify(&good).await }).await.unwrap().is_ok()
                {
                    accepted_after = Some(rotation.elapsed().as_secs());
                }
            }
        })
        .await;
    refused_as_expected(&verdicts);
    assert!(accepted_after.is_some_and(|seconds| seconds <= 25), "{accepted_after:?}");
    let requests = rig.load_balancer.key_requests();
    let spacings = usize::try_from(start.elapsed().as_millis() / 2500).expect("a few");
    assert!(spacings >= 24, "a minute at least");
    assert!((12..=2 + spacings).contains(&requests), "{requests} fetches");
}

#[tokio::test(start_paused = true)]
async fn a_flood_on_a_cold_start_does_not_lock_the_right_key_out() {
    let rig = Rig::new();
    let good = rig.good();
    let mut accepted = false;
    rig.flood(500, BEAT, made_up, async |_| {
        accepted = accepted || rig.verifier.verify(&good).await.is_ok();
    })
    .await;
    assert!(accepted);
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_repeats_a_few_made_up_keys_does_not_lock_the_right_key_out() {
    let rig = Rig::new();
    let (good, mut accepted) = (rig.good(), false);
    // Each of the ten is named twice as often as the right one.
    let repeated = |number| made_up(number % 10);
    rig.flood(400, SECOND, repeated, async |_| {
        let (verifier, good) = (rig.verifier.clone(), good.clone());
        accepted =
            accepted || timeout(SECOND, verifier.verify(&good)).await.is_ok_and(|v| v.is_ok());
    })
    .await;
    assert!(accepted);
}

/// After how many seconds the right key is had, beside so many made-up ones that together are named
/// a hundred times as often.
async fn had_after(made_up_keys: u32) -> Option<u64> {
    let (rig, mut honest) = (Rig::new(), JoinSet::new());
    let (good, start) = (rig.good(), Instant::now());
    let repeated = |number| made_up(number % made_up_keys);
    rig.flood(200, SECOND, repeated, async |beat| {
        if beat % 5 == 0 {
            let (verifier, good) = (rig.verifier.clone(), good.clone());
            honest.spawn(async move {
                let verdict = verifier.verify(&good).await;
                verdict.is_ok().then(|| start.elapsed().as_secs())
            });
        }
    })
    .await;
    honest.join_all().await.into_iter().flatten().min()
}

#[tokio::test(start_paused = true)]
async fn a_made_up_key_that_is_repeated_a_hundred_times_as_often_delays_the_right_one_by_seconds() {
    let seconds = had_after(1).await;
    assert!(seconds.is_some_and(|seconds| seconds <= 15), "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_made_up_keys_that_are_repeated_delay_the_right_one_by_two_fetches_each() {
    let seconds = had_after(10).await;
    assert!(seconds.is_some_and(|seconds| seconds <= 55), "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_are_unknown_once_a_key_is_in_use() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(SECOND / 40);
    rig.verifier.verify(&rig.good()).await.expect("the first key");
    let start = Instant::now();
    let verdicts = rig.flood(30, 2 * SECOND, made_up, async |_| {}).await;
    assert_eq!(verdicts.len(), 600);
    for verdict in verdicts {
        assert_eq!(verdict, Some(VerifyError::UnknownKey));
    }
    let seconds = start.elapsed().as_secs();
    assert!(seconds <= 60 + 3, "each waits for max_wait at most: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_are_no_fault_of_the_token_while_the_endpoint_hangs() {
    let rig = Rig::new();
    rig.verifier.verify(&rig.good()).await.expect("the first key");
    sleep(60 * SECOND).await;
    rig.load_balancer.set_latency(60 * SECOND);
    let verdicts = rig.flood(10, 2 * SECOND, made_up, async |_| {}).await;
    for verdict in verdicts {
        assert!(verdict.as_ref().is_some_and(VerifyError::is_unavailable), "{verdict:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_thousand_requests_wait_for_keys() {
    let rig = Rig::new();
    rig.load_balancer.set_latency(60 * SECOND);
    let forgery = Forgery::of(&rig.template);
    let mut waiting: Vec<_> = (0..1000)
        .map(|number| {
            let (verifier, data) = (rig.verifier.clone(), forgery.with_kid(&made_up(number)));
            Box::pin(async move { verifier.verify(&data).await.err() })
        })
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    for request in &mut waiting {
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    let refused = at_once(rig.verifier.verify(&rig.good())).err();
    assert!(refused.as_ref().is_some_and(VerifyError::is_unavailable), "{refused:?}");
    waiting.pop();
    timeout(SECOND, rig.verifier.verify(&rig.good())).await.expect_err("it waits");
}

#[tokio::test(start_paused = true)]
async fn keys_of_other_load_balancers_do_not_push_the_right_key_out() {
    let load_balancer = TestLoadBalancer::offline();
    let endpoint = region_of(&load_balancer);
    let builder = load_balancer.verifier_builder().fetcher(endpoint.clone());
    let verifier = builder.trust(load_balancer.user_pool(), "app").build().unwrap();
    let template = load_balancer.token("alice").client_id("app").expires_in(LIFETIME);
    let (good, forgery) = (template.clone().sign(), Forgery::of(&template));
    verifier.verify(&good).await.expect("good data");
    for number in 0..40 {
        sleep(11 * SECOND).await;
        let refused = verifier.verify(&forgery.with_kid(&made_up(number))).await.err();
        assert_eq!(refused, Some(VerifyError::Signature));
    }
    assert_eq!(endpoint.requests(), 41);
    assert!(at_once(verifier.verify(&good)).is_ok());
    assert_eq!(endpoint.requests(), 41);
    // And theirs are not kept for ever.
    verifier.verify(&forgery.with_kid(&made_up(0))).await.expect_err("a forgery");
    sleep(11 * SECOND).await;
    verifier.verify(&forgery.with_kid(&made_up(0))).await.expect_err("a forgery");
    assert!(endpoint.requests() > 41);
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_the_gate_refuses_costs_no_fetch() {
    let rig = Rig::new();
    let changes: [fn(TestAlbToken) -> TestAlbToken; 6] = [
        |data| data.header("alg", "RS256"),
        |data| data.header("signer", "arn:aws:elasticloadbalancing:us-east-1:1:x"),
        |data| data.header("iss", "https://issuer.example"),
        |data| data.client_id("another"),
        |data| data.expired(),
        |data| data.without_claim("sub"),
    ];
    for change in changes {
        let forgery = Forgery::of(&change(rig.template.clone()));
        for number in 0..100 {
            let data = forgery.with_kid(&made_up(number));
            let refused = at_once(rig.verifier.verify(&data)).expect_err("a forgery");
            assert!(!matches!(refused, VerifyError::KeysUnavailable { .. }), "{refused}");
        }
    }
    assert_eq!(rig.load_balancer.key_requests(), 0);
}
