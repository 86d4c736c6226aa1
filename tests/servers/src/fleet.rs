use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use axum_cognito::{CognitoVerifier, OnLoss, RevocationLog, Revocations, TestPool, VerifyError};
use tokio::time::sleep;

const CLIENT: &str = "web-client";
/// Few, so that what grows in a soak is not a cache that is still being filled.
const CACHED: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// Programs that verify tokens of one pool and share a list of revocations.
#[derive(Debug)]
pub struct Fleet {
    pool: TestPool,
    members: Vec<Member>,
}

/// One of the programs.
#[derive(Debug)]
pub struct Member {
    /// Its list.
    pub revocations: Revocations,
    verifier: CognitoVerifier,
}

/// What a program says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It lets the request pass.
    Accepted,
    /// 401: the sign-in was ended.
    Ended,
    /// 503: the list cannot be heard.
    Unavailable,
}

impl Fleet {
    /// So many programs, each with a log of its own that leads to the same entries.
    #[must_use]
    pub fn new<L: RevocationLog>(count: usize, log: impl Fn() -> L, on_loss: OnLoss) -> Self {
        let mut fleet = Self { pool: TestPool::offline(), members: Vec::new() };
        for _ in 0..count {
            fleet.join(log(), on_loss);
        }
        fleet
    }

    /// Starts one more program, and says which number it has.
    ///
    /// # Panics
    /// When its verifier cannot be built.
    pub fn join(&mut self, log: impl RevocationLog, on_loss: OnLoss) -> usize {
        let revocations = Revocations::shared(log, on_loss);
        let verifier = CognitoVerifier::builder().trust(self.pool.keys(), CLIENT);
        let verifier = verifier.token_cache(CACHED).revocations(&revocations).build();
        let verifier = verifier.expect("the verifier is right");
        self.members.push(Member { revocations, verifier });
        self.members.len() - 1
    }

    /// The programs.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The id of the pool.
    #[must_use]
    pub fn pool_id(&self) -> String {
        self.pool.user_pool().id().to_owned()
    }

    /// A token of a new sign-in of this user.
    #[must_use]
    pub fn token(&self, user: &str) -> String {
        self.pool.access_token(user).client_id(CLIENT).sign()
    }

    /// Waits until each program has read the whole log.
    ///
    /// # Panics
    /// When one has not within a minute.
    pub async fn ready(&self) {
        let started = Instant::now();
        for member in &self.members {
            while let Err(error) = member.revocations.ready().await {
                assert!(started.elapsed() < Duration::from_secs(60), "the list is read: {error}");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Ends a token's sign-in at this program.
    ///
    /// # Errors
    /// When the log does not acknowledge it.
    ///
    /// # Panics
    /// When the token is not one of the pool.
    pub async fn end(
        &self,
        member: usize,
        token: &str,
    ) -> Result<(), axum_cognito::RevocationError> {
        // Another program's verifier, since this one may refuse all tokens at the moment.
        let verifier = CognitoVerifier::builder().trust(self.pool.keys(), CLIENT).build();
        let claims = verifier.expect("the verifier is right").verify(token).await;
        let claims = claims.expect("the token is one of the pool");
        self.members[member].revocations.end_sign_in(&claims).await
    }

    /// What this program says of a token.
    ///
    /// # Panics
    /// When it says anything else than what it may say of a token of the pool.
    pub async fn verdict(&self, member: usize, token: &str) -> Verdict {
        match self.members[member].verifier.verify(token).await {
            Ok(_) => Verdict::Accepted,
            Err(VerifyError::Ended) => Verdict::Ended,
            Err(VerifyError::RevocationsUnavailable { .. }) => Verdict::Unavailable,
            Err(error) => panic!("the token is one of the pool: {error}"),
        }
    }

    /// Waits until a program says this of a token, and says how long that took.
    ///
    /// # Panics
    /// When it does not within the bound.
    pub async fn becomes(
        &self,
        verdict: Verdict,
        member: usize,
        token: &str,
        within: Duration,
    ) -> Duration {
        let started = Instant::now();
        loop {
            let found = self.verdict(member, token).await;
            if found == verdict {
                return started.elapsed();
            }
            let status = self.members[member].revocations.status();
            assert!(started.elapsed() < within, "{found:?} becomes {verdict:?}: {status:?}");
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until every program says this of a token, and says how long that took.
    ///
    /// # Panics
    /// When one does not within the bound.
    pub async fn all_become(&self, verdict: Verdict, token: &str, within: Duration) -> Duration {
        let started = Instant::now();
        for member in 0..self.members.len() {
            self.becomes(verdict, member, token, within).await;
        }
        started.elapsed()
    }
}
