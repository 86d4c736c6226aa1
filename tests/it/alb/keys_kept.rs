//! Which keys of a load balancer are kept, when whoever likes names those of others, which exist too.

use std::time::Duration;

use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};
use axum_cognito::{AlbVerifier, VerifyError};
use tokio::time::sleep;

use crate::common::alb::region_of;
use crate::common::at_once::at_once;
use crate::common::endpoint::Endpoint;

const SECOND: Duration = Duration::from_secs(1);
/// More than the age at which a key is looked at again.
const A_DAY: Duration = Duration::from_secs(27 * 3600);
const LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// A load balancer whose endpoint has a key under every id: its own, and another.
struct Rig {
    load_balancer: TestLoadBalancer,
    verifier: AlbVerifier,
    endpoint: Endpoint,
}

impl Rig {
    fn new() -> Self {
        let load_balancer = TestLoadBalancer::offline();
        let endpoint = region_of(&load_balancer);
        let builder = load_balancer.verifier_builder().fetcher(endpoint.clone());
        let verifier = builder.trust(load_balancer.user_pool(), "app").build();
        Self { verifier: verifier.expect("settings that can be"), load_balancer, endpoint }
    }

    fn data(&self) -> TestAlbToken {
        self.load_balancer.token("alice").client_id("app").expires_in(LIFETIME)
    }

    /// Asks that the load balancer's own key is there.
    fn expect_at_hand(&self, good: &str) {
        assert_eq!(at_once(self.verifier.verify(good)).map(drop), Ok(()));
    }

    /// Names another load balancer's key, and waits until the next may be fetched.
    async fn name_another(&self, number: u32) {
        let kid = format!("{number:08x}-0000-4000-8000-000000000000");
        let forged = self.data().header("kid", kid).sign();
        let refused = self.verifier.verify(&forged).await.err();
        assert_eq!(refused, Some(VerifyError::Signature), "{number}");
        sleep(6 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_right_key_that_was_looked_at_again_is_not_pushed_out_by_those_of_others() {
    let rig = Rig::new();
    let good = rig.data().sign();
    rig.verifier.verify(&good).await.expect("good data");
    sleep(A_DAY).await;
    rig.expect_at_hand(&good);
    sleep(6 * SECOND).await;
    assert_eq!(rig.endpoint.requests(), 2);
    for number in 0..16 {
        rig.name_another(number).await;
    }
    assert_eq!(rig.endpoint.requests(), 2 + 16);
    rig.expect_at_hand(&good);
}

#[tokio::test(start_paused = true)]
async fn keys_of_others_that_were_looked_at_again_do_not_push_the_right_one_out() {
    let rig = Rig::new();
    let good = rig.data().sign();
    rig.verifier.verify(&good).await.expect("good data");
    sleep(6 * SECOND).await;
    for number in 0..15 {
        rig.name_another(number).await;
    }
    sleep(A_DAY).await;
    rig.expect_at_hand(&good);
    sleep(6 * SECOND).await;
    for number in 0..16 {
        rig.name_another(number).await;
    }
    assert_eq!(rig.endpoint.requests(), 2 * 16 + 1);
    rig.expect_at_hand(&good);
}
