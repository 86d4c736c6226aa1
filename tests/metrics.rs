//! The counters of the feature `metrics`: their names, their labels, and what moves them.

use std::time::Duration;

use axum_cognito::testing::{TestLoadBalancer, TestPool, TestToken};
use axum_cognito::{
    AppClient, Batch, CognitoVerifier, Cursor, OnLoss, Revocation, RevocationError, RevocationLog,
    Revocations,
};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

const CLIENT: &str = "client";
const AUDIENCE: &str = "https://api.example.com";
const HOUR: Duration = Duration::from_secs(3600);
const FAR_FUTURE: u64 = 4_000_000_000;

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

/// Tokens that are refused, each for another reason, with the name of that reason.
fn refused(pool: &TestPool) -> Vec<(&'static str, String)> {
    let good = || good_token(pool, "alice");
    let header = r#"{"alg":"RS256","kid":"k"}"#;
    let other = TestPool::offline();
    vec![
        ("too_long", "x".repeat(16 * 1024 + 1)),
        ("not_jwt", "garbage".to_owned()),
        ("refresh_token", pool.refresh_token()),
        ("base64", good().sign() + "="),
        ("header", pool.sign("[]", "{}")),
        ("algorithm", good().header("alg", "none").sign()),
        ("extension", good().header("crit", ["exp"]).sign()),
        ("nested", good().header("cty", "JWT").sign()),
        ("key_id", good().without_header("kid").sign()),
        ("payload", pool.sign(header, "[]")),
        ("missing_claim", good().without_claim("sub").sign()),
        ("issuer", good().claim("iss", "https://issuer.example.com").sign()),
        ("token_use", good().claim("token_use", "other").sign()),
        ("client", good().client_id("another").sign()),
        ("audience", good().claim("aud", "https://other.example.com").sign()),
        ("expired", good().expired().sign()),
        ("not_yet_valid", good().claim("nbf", FAR_FUTURE).sign()),
        ("issued_in_future", good().claim("iat", FAR_FUTURE).sign()),
        ("too_old", good().issued_ago(2 * HOUR).sign()),
        ("signature", good().signed_by(&other).sign()),
        ("check", good_token(pool, "mallory").sign()),
        ("keys_unavailable", good().header("kid", "unknown").sign()),
    ]
}

fn good_token(pool: &TestPool, user: &str) -> TestToken {
    pool.access_token(user).client_id(CLIENT).claim("aud", AUDIENCE)
}

#[test]
fn each_refusal_is_counted_by_a_name_of_its_own() {
    let mut outcomes = vec!["accepted", "unknown_key"];
    let lines = recorded(async |pool| {
        let builder = CognitoVerifier::builder().trust(pool, CLIENT).clock(pool.clock());
        let builder = builder.audience(AUDIENCE).max_token_age(HOUR).check(|claims| {
            if claims.username() == Some("mallory") {
                Err("mallory is out".to_owned())
            } else {
                Ok(())
            }
        });
        let verifier = builder.build().expect("settings that can be");
        let unknown = good_token(pool, "alice").header("kid", "unknown").sign();
        verifier.verify(&unknown).await.expect_err("an unknown key");
        verifier.verify_cached(&good_token(pool, "alice").sign()).expect("a good token");
        for (outcome, token) in refused(pool) {
            verifier.verify_cached(&token).expect_err(outcome);
            outcomes.push(outcome);
        }
    });
    let counted = lines.iter().filter(|line| line.starts_with("cognito_verifications_total"));
    assert_eq!(counted.count(), outcomes.len(), "{lines:?}");
    for outcome in outcomes {
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
        for _ in 0..2 {
            pool.keys().refresh().await.expect("keys");
        }
        pool.set_outage(true);
        pool.keys().refresh().await.expect_err("an outage");
    });
    for (outcome, count) in [("succeeded", 2), ("failed", 1)] {
        let line = format!("cognito_jwks_fetches_total{{url={url},outcome={outcome}}} {count}");
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
        let good = load_balancer.token("alice").client_id(CLIENT);
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

#[test]
fn each_renewal_is_counted_by_its_outcome_and_each_shared_result() {
    let lines = recorded(async |pool| {
        let client = AppClient::builder(pool, CLIENT).domain(pool.domain()).build();
        let client = client.expect("settings that can be");
        let sign_in = pool.sign_in("alice", CLIENT);
        for _ in 0..3 {
            client.renew(sign_in.refresh_token()).await.expect("tokens");
        }
        client.renew("never-issued").await.expect_err("no such token");
        pool.set_token_outage(true);
        client.renew("another").await.expect_err("an outage");
    });
    for line in [
        "cognito_renewals_total{outcome=renewed} 1",
        "cognito_renewals_total{outcome=ended} 1",
        "cognito_renewals_total{outcome=unavailable} 1",
        "cognito_renewals_shared_total{} 2",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
    }
}

#[test]
fn revocations_are_counted_and_their_log_is_watched() {
    let lines = recorded(async |pool| {
        let revocations = Revocations::shared(Forgetful, OnLoss::Accept);
        revocations.ready().await.expect("a log that answers");
        let verifier = CognitoVerifier::builder().trust(pool, CLIENT).revocations(&revocations);
        let verifier = verifier.build().expect("valid settings");
        let of = |sub: &str| pool.access_token(sub).client_id(CLIENT).claim("sub", sub).sign();
        verifier.verify(&of("alice")).await.expect("a good token");
        let pool_id = pool.user_pool().id().to_owned();
        revocations.end_user(&pool_id, "alice").await.expect("a log that takes it");
        revocations.require_renewal(&pool_id, "bob").await.expect("a log that takes it");
        for user in ["alice", "bob"] {
            verifier.verify_cached(&of(user)).expect_err("a revoked token");
        }
    });
    for line in [
        "cognito_verifications_total{outcome=ended} 1",
        "cognito_verifications_total{outcome=renewal_required} 1",
        "cognito_revocations_appends_total{outcome=succeeded} 2",
        "cognito_revocations_entries{} 2",
    ] {
        assert!(lines.iter().any(|recorded| recorded == line), "{line} is not in {lines:?}");
    }
    let heard = "cognito_revocations_heard_timestamp_seconds{} ";
    assert!(lines.iter().any(|line| line.starts_with(heard)), "{lines:?}");
}

#[test]
fn a_silent_revocation_log_is_a_gauge() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true);
    metrics::with_local_recorder(&recorder, || {
        runtime.build().expect("a runtime").block_on(async {
            let revocations = Revocations::shared(Silent, OnLoss::Accept);
            revocations.ready().await.expect_err("a log that says nothing");
            tokio::time::sleep(Duration::from_secs(5)).await;
        });
    });
    let lines = lines(&snapshotter);
    assert!(lines.contains(&"cognito_revocations_deaf{} 1".to_owned()), "{lines:?}");
}

/// A log that takes everything and gives back nothing.
struct Forgetful;

impl RevocationLog for Forgetful {
    async fn append(&self, _: Vec<Revocation>) -> Result<(), RevocationError> {
        Ok(())
    }

    async fn read(&self, _: Option<Cursor>, _: Duration) -> Result<Batch, RevocationError> {
        Ok(Batch::default())
    }
}

/// A log that never answers.
struct Silent;

impl RevocationLog for Silent {
    async fn append(&self, _: Vec<Revocation>) -> Result<(), RevocationError> {
        std::future::pending().await
    }

    async fn read(&self, _: Option<Cursor>, _: Duration) -> Result<Batch, RevocationError> {
        std::future::pending().await
    }
}
