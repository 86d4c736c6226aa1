//! The list of revocations: what an entry refuses, and what becomes of it on a log that does what a
//! test says.

mod answers;
mod cloudtrail;
mod deaf;
mod ended;
mod first_read;
mod full;
mod gone;
mod log;
mod lost;
mod redis_url;
mod refused;
mod runtime;
mod shared;
mod status;
mod text;

use std::num::NonZeroUsize;
use std::time::Duration;

use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{
    CognitoClaims, CognitoVerifier, CognitoVerifierBuilder, OnLoss, Revocations,
    RevocationsBuilder, TokenUse, VerifyError,
};

use self::log::TestLog;

const CLIENT: &str = "client-of-the-tests";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const REFUSE_AFTER_10_S: OnLoss = OnLoss::RefuseAfter(Duration::from_secs(10));

/// A list, and a verifier that uses it: what one process has.
struct Process {
    pool: TestPool,
    revocations: Revocations,
    verifier: CognitoVerifier,
}

impl Process {
    fn in_memory(pool: &TestPool) -> Self {
        Self::new(pool, Revocations::builder())
    }

    fn shared(pool: &TestPool, log: &TestLog, on_loss: OnLoss) -> Self {
        Self::new(pool, Revocations::builder().shared(log.clone(), on_loss))
    }

    fn new(pool: &TestPool, builder: RevocationsBuilder) -> Self {
        Self::with_verifier(pool, builder, |verifier| verifier)
    }

    fn with_verifier(
        pool: &TestPool,
        builder: RevocationsBuilder,
        verifier: impl FnOnce(CognitoVerifierBuilder) -> CognitoVerifierBuilder,
    ) -> Self {
        let revocations = builder.build().unwrap();
        let verifier = verifier(trusting(pool)).revocations(&revocations).build().unwrap();
        Self { pool: pool.clone(), revocations, verifier }
    }

    async fn verify(&self, token: &str) -> Result<(), VerifyError> {
        self.verifier.verify(token).await.map(drop)
    }

    fn verify_cached(&self, token: &str) -> Result<(), VerifyError> {
        self.verifier.verify_cached(token).map(drop)
    }

    /// Ends the sign-in that this token is of.
    async fn end_sign_in(&self, token: &str) {
        self.revocations.end_sign_in(&claims(&self.pool, token)).await.unwrap();
    }

    async fn end_user(&self, sub: &str) {
        self.revocations.end_user(self.pool.user_pool().id(), sub).await.unwrap();
    }

    async fn require_renewal(&self, sub: &str) {
        self.revocations.require_renewal(self.pool.user_pool().id(), sub).await.unwrap();
    }
}

/// A verifier of any token of the pool, on its clock.
fn trusting(pool: &TestPool) -> CognitoVerifierBuilder {
    CognitoVerifier::builder()
        .trust(pool, [CLIENT, "machine"])
        .token_use(TokenUse::Any)
        .clock(pool.clock())
}

/// The claims of a good token, revoked or not.
fn claims(pool: &TestPool, token: &str) -> CognitoClaims {
    trusting(pool).build().unwrap().verify_cached(token).unwrap()
}

fn access(pool: &TestPool) -> TestToken {
    of(pool, "alice")
}

/// An access token of the user with this `sub`.
fn of(pool: &TestPool, sub: &str) -> TestToken {
    pool.access_token("alice").client_id(CLIENT).claim("sub", sub)
}

fn capacity(entries: usize) -> NonZeroUsize {
    NonZeroUsize::new(entries).unwrap()
}

const ENDED: Result<(), VerifyError> = Err(VerifyError::Ended);

fn is_unavailable(verdict: &Result<(), VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::RevocationsUnavailable { .. }))
}
