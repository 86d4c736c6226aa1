//! Keys whose endpoint the test holds.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::clock::{Clock, TestClock};
use crate::crypto::SigningKey;
use crate::keys::issuer::IssuerKeys;
use crate::keys::jwk::usable_keys;
use crate::keys::key_set::KeySet;
use crate::keys::snapshot::NoKey;
use crate::keys::timing::Timing;
use crate::{FetchJwks, JwksError, JwksRequest, JwksResponse};

const SCHEDULES: usize = 1_000;

/// The sets of a pool as it rotates: each has the key of its own number.
static SETS: LazyLock<[String; 3]> = LazyLock::new(|| ["0", "1", "2"].map(jwks));

fn jwks(kid: &str) -> String {
    let (modulus, exponent) = SigningKey::generate().components();
    let [n, e] = [modulus, exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({ "keys": [{ "kid": kid, "kty": "RSA", "n": n, "e": e }] }).to_string()
}

/// A JWKS endpoint: at each await something else may happen.
pub(super) struct Endpoint {
    /// Which set it gives out.
    pub(super) set: AtomicUsize,
    pub(super) out: AtomicBool,
    pub(super) under_way: AtomicUsize,
    /// Of which no more than this may be under way: two while one is given up for lost.
    pub(super) at_a_time: AtomicUsize,
    pub(super) fetches: AtomicUsize,
}

impl FetchJwks for Endpoint {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let others = self.under_way.fetch_add(1, Ordering::SeqCst);
        assert!(others < self.at_a_time.load(Ordering::SeqCst), "{others} others at a time");
        yield_now().await;
        let set = self.set.load(Ordering::SeqCst);
        let out = self.out.load(Ordering::SeqCst);
        yield_now().await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        if out { Err(JwksError::Status(503)) } else { Ok(JwksResponse::new(SETS[set].as_str())) }
    }
}

/// Keys, and the endpoint that they come from.
#[derive(Clone)]
pub(super) struct Rig {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) clock: TestClock,
    pub(super) keys: Arc<IssuerKeys>,
}

impl Rig {
    /// No keys yet, and an endpoint that gives out this set.
    pub(super) fn empty(set: usize) -> Self {
        Self::new(set, None)
    }

    /// The keys of set 0, which has been rotated to set 1.
    pub(super) fn rotated() -> Self {
        let keys = usable_keys(SETS[0].as_bytes()).unwrap();
        let refresh_after = Duration::from_secs(300);
        let usable_for = Duration::from_secs(24 * 3600);
        Self::new(1, Some(KeySet::new(keys, None, Clock::System.now(), refresh_after, usable_for)))
    }

    fn new(set: usize, key_set: Option<KeySet>) -> Self {
        let endpoint = Arc::new(Endpoint {
            set: AtomicUsize::new(set),
            out: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            at_a_time: AtomicUsize::new(1),
            fetches: AtomicUsize::new(0),
        });
        let fetcher = Arc::new(Arc::clone(&endpoint));
        let clock = TestClock::new();
        let source = Clock::Test(clock.clone());
        let keys = IssuerKeys::new(
            String::new(),
            Timing::default(),
            source,
            Some(fetcher),
            false,
            key_set,
        );
        Self { endpoint, clock, keys: Arc::new(keys) }
    }

    pub(super) fn fetches(&self) -> usize {
        self.endpoint.fetches.load(Ordering::SeqCst)
    }

    /// What a token with this key is told.
    pub(super) async fn ask(self, kid: &'static str) -> Result<(), NoKey> {
        let arrived = self.keys.clock().now();
        self.keys.key(kid, arrived).await.map(drop)
    }

    /// A refresh that the program asks for.
    pub(super) async fn refresh(self) -> Result<(), JwksError> {
        self.keys.refresh().await
    }

    /// What several tokens at a time are told.
    pub(super) async fn ask_together<const N: usize>(
        &self,
        kids: [&'static str; N],
    ) -> Vec<Result<(), NoKey>> {
        let tasks = kids.map(|kid| spawn(self.clone().ask(kid)));
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    }
}

/// Tries a scenario in many interleavings.
pub(super) fn check<F: Future<Output = ()>>(scenario: impl Fn() -> F + Send + Sync + 'static) {
    LazyLock::force(&SETS);
    let scenario = Arc::new(scenario);
    let again = Arc::clone(&scenario);
    shuttle::check_random(move || block_on(again()), SCHEDULES);
    shuttle::check_pct(move || block_on(scenario()), SCHEDULES, 3);
}
