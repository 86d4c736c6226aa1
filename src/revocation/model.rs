//! The list in thousands of random interleavings, with [shuttle].
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" cargo test --lib revocation::model
//! ```
//!
//! The code is the real one, verifier and token cache included; only the atomics and the locks of the
//! list are shuttle's. A failure prints the schedule that leads to it, for `shuttle::replay`.
//!
//! [shuttle]: https://docs.rs/shuttle

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{Config, Runner, thread};

use super::log::{Batch, Cursor, OnLoss, RevocationLog};
use super::{Revocation, Revocations};
use crate::testing::TestPool;
use crate::{
    CognitoClaims, CognitoVerifier, CognitoVerifierBuilder, JwksCache, RevocationError, VerifyError,
};

const SCHEDULES: usize = 1_000;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);
static TOKEN: LazyLock<String> = LazyLock::new(|| POOL.access_token("alice").sign());
/// The pool's keys. Each schedule has a cache of them of its own: shuttle's locks live no longer.
static JWKS: LazyLock<String> = LazyLock::new(|| POOL.jwks());

fn check(scenario: impl Fn() + Send + Sync + 'static) {
    LazyLock::force(&TOKEN);
    LazyLock::force(&JWKS);
    let scenario = Arc::new(scenario);
    let again = Arc::clone(&scenario);
    Runner::new(RandomScheduler::new(SCHEDULES), config()).run(move || again());
    Runner::new(PctScheduler::new(3, SCHEDULES), config()).run(move || scenario());
}

/// A verification needs more stack than shuttle's 32 KiB.
fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    config
}

fn trusting() -> CognitoVerifierBuilder {
    let keys = JwksCache::builder(POOL.user_pool()).preload(&JWKS).clock(POOL.clock());
    let keys = keys.build().expect("valid settings");
    CognitoVerifier::builder().trust(keys, "test-client").clock(POOL.clock())
}

fn verifier(revocations: &Revocations) -> CognitoVerifier {
    trusting().revocations(revocations).build().expect("valid settings")
}

/// The claims of the token, revoked or not.
fn claims() -> CognitoClaims {
    let verifier = trusting().build().expect("valid settings");
    verifier.verify_cached(&TOKEN).expect("a good token")
}

fn other_entries(count: usize) -> Vec<Revocation> {
    let entry = |number| Revocation::sign_in(POOL.user_pool().id(), format!("other {number}"));
    (0..count).map(|number| entry(number).expect("an entry")).collect()
}

/// Verifies again and again while the sign-in is ended: once the end has returned, never with success.
fn never_accepted_after_the_end(revocations: &Revocations) {
    let ended = Arc::new(AtomicBool::new(false));
    let claims = claims();
    let verifier = verifier(revocations);
    let requests: Vec<_> = (0..2)
        .map(|_| {
            let (ended, verifier) = (Arc::clone(&ended), verifier.clone());
            thread::spawn(move || {
                for _ in 0..3 {
                    let had_ended = ended.load(Ordering::SeqCst);
                    let verdict = verifier.verify_cached(&TOKEN).map(drop);
                    assert!(!had_ended || verdict == Err(VerifyError::Ended), "{verdict:?}");
                }
            })
        })
        .collect();
    let others = {
        let revocations = revocations.clone();
        // Enough for the tables of some shards to be replaced.
        thread::spawn(move || drop(block_on(revocations.add(other_entries(24)))))
    };
    // Where the log cannot be reached it is an error, and counts all the same.
    let _ = block_on(revocations.end_sign_in(&claims));
    ended.store(true, Ordering::SeqCst);
    for task in requests {
        task.join().expect("a request");
    }
    others.join().expect("the other entries");
    assert_eq!(verifier.verify_cached(&TOKEN).map(drop), Err(VerifyError::Ended));
}

#[test]
fn an_ended_sign_in_is_never_accepted_after_its_end_has_returned() {
    check(|| never_accepted_after_the_end(&Revocations::in_memory()));
}

#[test]
fn an_ended_sign_in_is_never_accepted_after_its_end_has_failed() {
    check(|| never_accepted_after_the_end(&Revocations::shared(NoLog, OnLoss::Accept)));
}

#[test]
fn a_list_that_is_complete_has_what_was_read_before() {
    check(|| {
        let revocations = Revocations::shared(NoLog, OnLoss::RefuseAfter(Duration::from_secs(10)));
        let verifier = verifier(&revocations);
        let request = thread::spawn(move || {
            for _ in 0..4 {
                let verdict = verifier.verify_cached(&TOKEN).map(drop);
                assert_ne!(verdict, Ok(()), "accepted though it had been ended");
            }
        });
        let state = &revocations.state;
        let shared = state.shared.as_ref().expect("a log");
        let reader = shared.begin(state.now()).expect("no other reader");
        let claims = claims();
        let sign_in = claims.origin_jti().expect("a sign-in");
        let entry = Revocation::sign_in(POOL.user_pool().id(), sign_in).expect("an entry");
        let next = Some(Cursor::new("1").expect("a cursor"));
        for batch in [
            Batch { entries: vec![entry], next: next.clone(), lost_past: false },
            Batch { entries: Vec::new(), next, lost_past: false },
        ] {
            let call = shared.call(reader, state.now()).expect("the newest reader");
            state.take(shared, reader, &call, batch);
        }
        request.join().expect("a request");
    });
}

/// A log that nobody can call: there is no tokio runtime under shuttle.
struct NoLog;

impl RevocationLog for NoLog {
    async fn append(&self, _: Vec<Revocation>) -> Result<(), RevocationError> {
        Err(RevocationError::Interrupted)
    }

    async fn read(&self, _: Option<Cursor>, _: Duration) -> Result<Batch, RevocationError> {
        Err(RevocationError::Interrupted)
    }
}
