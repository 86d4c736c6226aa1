//! Several pools behind one verifier: each has its own keys, and its own troubles.

use std::future::pending;
use std::time::Duration;

use axum_cognito::{CognitoVerifier, JwksCache, JwksState, VerifyError};
use tokio::time::{sleep, timeout};

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);

/// A pool in trouble beside one without, and a verifier of both.
struct TwoPools {
    bad: Rig,
    good: JwksCache,
    good_endpoint: Endpoint,
}

impl TwoPools {
    /// Lets this pool's verifier trust a good pool too, which has its keys.
    async fn with(mut bad: Rig) -> Self {
        let good_endpoint = Endpoint::new(answers::rotated_keys);
        let good = JwksCache::builder(ROTATED.user_pool()).fetcher(good_endpoint.clone());
        let good = good.clock(POOL.clock()).build().unwrap();
        good.refresh().await.unwrap();
        let verifier = CognitoVerifier::builder().trust(&bad.keys, "app").trust(&good, "app");
        bad.verifier = verifier.clock(POOL.clock()).build().unwrap();
        Self { bad, good, good_endpoint }
    }

    /// What is said of a token of the pool in trouble.
    async fn judge_bad(&self, token: &str) -> Result<(), VerifyError> {
        self.bad.judge(token).await.0
    }

    /// What is said at once of a token of the good pool.
    fn judge_good(&self) -> Result<(), VerifyError> {
        let token = ROTATED.access_token("bob").client_id("app").sign();
        at_once(self.bad.judge(&token)).0
    }
}

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_pool_whose_endpoint_hangs_does_not_slow_down_another() {
    let pools = TwoPools::with(Rig::empty()).await;
    pools.bad.endpoint.set(async |_| pending().await);
    timeout(SECOND, pools.judge_bad(&token())).await.unwrap_err();
    assert_eq!(pools.bad.endpoint.requests(), 1);
    assert_eq!(pools.judge_good(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_pool_without_keys_does_not_touch_another() {
    let pools = TwoPools::with(Rig::empty()).await;
    pools.bad.endpoint.set(answers::outage);
    let verdict = pools.judge_bad(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(pools.judge_good(), Ok(()));
    assert_eq!(pools.good.status().state(), JwksState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn a_pool_with_dead_keys_does_not_touch_another() {
    let pools = TwoPools::with(Rig::of_age(25 * 3600 * SECOND).await).await;
    pools.bad.endpoint.set(answers::outage);
    let verdict = pools.judge_bad(&token()).await;
    assert!(is_unavailable(&verdict), "{verdict:?}");
    assert_eq!(pools.judge_good(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_of_one_pool_does_not_hold_up_a_fetch_of_another() {
    let pools = TwoPools::with(Rig::of_age(60 * SECOND).await).await;
    let unknown = rotated_token().sign();
    sleep(60 * SECOND).await;
    assert_eq!(pools.judge_bad(&unknown).await, Err(VerifyError::UnknownKey));
    let token = ROTATED.access_token("bob").client_id("app").header("kid", "new").sign();
    assert_eq!(pools.bad.judge(&token).await.0, Err(VerifyError::UnknownKey));
    assert_eq!(pools.good_endpoint.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_of_one_pool_asks_no_other_pool() {
    let pools = TwoPools::with(Rig::of_age(60 * SECOND).await).await;
    sleep(60 * SECOND).await;
    pools.judge_bad(&rotated_token().sign()).await.unwrap_err();
    assert_eq!(pools.good_endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_one_pool_never_verifies_a_token_of_another() {
    let pools = TwoPools::with(Rig::of_age(60 * SECOND).await).await;
    let verdict = pools.judge_bad(&rotated_token().sign()).await;
    assert_eq!(verdict, Err(VerifyError::UnknownKey));
}

#[tokio::test]
async fn a_verifier_shows_the_keys_of_each_of_its_pools() {
    let verifier = CognitoVerifier::builder().trust(&*POOL, "app").trust(&*ROTATED, "app");
    let verifier = verifier.build().unwrap();
    let shown = verifier.keys().iter().map(|keys| keys.user_pool().id().to_owned());
    let pools = [POOL.user_pool(), ROTATED.user_pool()];
    assert_eq!(shown.collect::<Vec<_>>(), pools.map(|pool| pool.id().to_owned()));
    // The very keys: they are there without a fetch.
    assert!(verifier.keys().iter().all(|keys| keys.status().is_ready()));
}
