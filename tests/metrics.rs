//! The counters of the feature `metrics`: their names, their labels, and what moves them.

use axum_cognito::testing::{TestLoadBalancer, TestPool};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

const CLIENT: &str = "client";

/// Runs this on a runtime of its own and returns what it recorded, as `name{label=value} value`.
fn recorded(act: impl AsyncFnOnce(&TestPool)) -> Vec<String> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    metrics::with_local_recorder(&recorder, || {
        runtime.expect("a runtime").block_on(async { act(&TestPool::start().await).await });
    });
    lines(&snapshotter)
}

fn lines(snapshotter: &Snapshotter) -> Vec<String> {
    let snapshot = snapshotter.snapshot().into_vec().into_iter();
    let lines = snapshot.map(|(key, _, _, value)| {
        let labels: Vec<_> =
            key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match (key.kind(), value) {
            (MetricKind::Counter, DebugValue::Counter(count)) => count.to_string(),
            (MetricKind::Gauge, DebugValue::Gauge(value)) => format!("{value:.0}"),
            other => panic!("neither a counter nor a gauge: {other:?}"),
        };
        format!("{}{{{}}} {value}", key.key().name(), labels.join(","))
    });
    lines.collect()
}

#[test]
fn each_verification_is_counted_once_by_its_outcome() {
    let lines = recorded(async |pool| {
        let verifier = pool.verifier(CLIENT);
        let good = pool.access_token("alice").client_id(CLIENT);
        verifier.verify(&good.clone().sign()).await.expect("a good token");
        verifier.verify(&good.expired().sign()).await.expect_err("an expired token");
        verifier.verify_cached("garbage").expect_err("not a token");
    });
    for outcome in ["accepted", "expired", "not_jwt"] {
        let line = format!("cognito_verifications_total{{outcome={outcome}}} 1");
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
}

#[test]
fn a_token_from_the_cache_is_counted_as_a_hit() {
    let lines = recorded(async |pool| {
        let token = pool.access_token("alice").client_id(CLIENT).sign();
        let verifier = pool.verifier(CLIENT);
        for _ in 0..3 {
            verifier.verify(&token).await.expect("a good token");
        }
    });
    assert!(lines.contains(&"cognito_token_cache_hits_total{} 2".to_owned()), "{lines:?}");
}

#[test]
fn fetches_are_counted_by_their_outcome_and_the_last_good_one_is_a_gauge() {
    let (mut url, mut now) = (String::new(), 0);
    let lines = recorded(async |pool| {
        url = pool.user_pool().jwks_url().to_owned();
        let since_epoch = pool.clock().now().duration_since(std::time::UNIX_EPOCH);
        now = since_epoch.expect("after 1970").as_secs();
        pool.keys().refresh().await.expect("keys");
        pool.set_outage(true);
        pool.keys().refresh().await.expect_err("an outage");
    });
    for outcome in ["succeeded", "failed"] {
        let line = format!("cognito_jwks_fetches_total{{url={url},outcome={outcome}}} 1");
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
    let gauge = |second| format!("cognito_jwks_fetched_timestamp_seconds{{url={url}}} {second}");
    assert!((now..now + 60).any(|second| lines.contains(&gauge(second))), "{lines:?}");
}

#[test]
fn what_a_load_balancer_signs_is_counted_by_its_outcome_and_no_label_names_a_key() {
    let (mut url, mut kid) = (String::new(), String::new());
    let lines = recorded(async |_| {
        let load_balancer = TestLoadBalancer::start().await;
        url = load_balancer.load_balancer().key_url().to_owned();
        kid = load_balancer.key_id();
        let verifier = load_balancer.verifier(CLIENT);
        let good = load_balancer.data("alice").client_id(CLIENT);
        verifier.verify(&good.clone().sign()).await.expect("good data");
        verifier.verify(&good.clone().sign()).await.expect("good data");
        verifier.verify(&good.expired().sign()).await.expect_err("expired data");
    });
    for (outcome, count) in [("accepted", 2), ("expired", 1)] {
        let line = format!("cognito_alb_verifications_total{{outcome={outcome}}} {count}");
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
    let line = format!("cognito_jwks_fetches_total{{url={url},outcome=succeeded}} 1");
    assert!(lines.contains(&line), "{line} is not in {lines:?}");
    assert!(lines.iter().all(|line| !line.contains(&kid)), "{lines:?}");
}
