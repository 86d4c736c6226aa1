use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::TestClock;
use super::endpoint::{Endpoint, Offline};
use super::routes;
use super::server::Server;
use super::token::TestToken;
use crate::{
    ClientIds, CognitoVerifier, JwksCache, JwksCacheBuilder, TokenUse, TrustedPool, UserPool,
};

/// A user pool for tests: two RSA keys, their JWKS, and tokens as Cognito makes them.
///
/// Each pool has an id and keys of its own. Clone = the same pool. With the last clone its
/// endpoint stops.
///
/// Examples: [the module](crate::testing), [testing your application](crate::guide::testing_your_application).
#[derive(Clone)]
pub struct TestPool {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Arc<Endpoint>,
    keys: JwksCache,
    clock: TestClock,
    /// Kept for its end.
    _server: Option<Server>,
}

#[expect(clippy::expect_used, reason = "what fails here should fail the test")]
impl TestPool {
    /// A pool whose JWKS is served on a loopback port, under its real issuer's name.
    ///
    /// # Panics
    ///
    /// If no loopback port can be had.
    pub async fn start() -> Self {
        let (pool, endpoint) = (new_user_pool(), Arc::new(Endpoint::new()));
        let server = Server::start(routes::of_pool(pool.id(), Arc::clone(&endpoint))).await;
        let server = server.expect("a loopback port for the JWKS endpoint");
        let pool = pool.with_endpoint(&server.url()).expect("a loopback address");
        #[cfg(feature = "reqwest")]
        let builder = JwksCache::builder(pool);
        #[cfg(not(feature = "reqwest"))]
        let builder = JwksCache::builder(pool).fetcher(Offline(Arc::clone(&endpoint)));
        Self::new(builder, endpoint, Some(server))
    }

    /// A pool without a socket: its keys are preloaded, and read again from memory.
    ///
    /// Everything else is as with [`start`](Self::start), rotation and outages too.
    #[must_use]
    pub fn offline() -> Self {
        let endpoint = Arc::new(Endpoint::new());
        let builder = JwksCache::builder(new_user_pool());
        let builder = builder.fetcher(Offline(Arc::clone(&endpoint)));
        Self::new(builder.preload_fresh(&endpoint.keys().jwks()), endpoint, None)
    }

    /// A verifier of this pool's access tokens for these app clients, on the pool's clock.
    ///
    /// For other settings: `CognitoVerifier::builder().trust(&pool, …).clock(pool.clock())`.
    ///
    /// # Panics
    ///
    /// If a client id is empty or doubled.
    #[must_use]
    pub fn verifier(&self, client_ids: impl Into<ClientIds>) -> CognitoVerifier {
        let builder = CognitoVerifier::builder().trust(self, client_ids).clock(self.clock());
        builder.build().expect("client ids that can be")
    }

    /// An access token of this user, valid for an hour, to be changed and signed.
    pub fn access_token(&self, username: &str) -> TestToken {
        TestToken::of_user(self, TokenUse::Access, username)
    }

    /// An ID token of this user, valid for an hour, to be changed and signed.
    pub fn id_token(&self, username: &str) -> TestToken {
        TestToken::of_user(self, TokenUse::Id, username)
    }

    /// An access token of an app client itself (client credentials).
    pub fn machine_token(&self, client_id: &str) -> TestToken {
        TestToken::of_machine(self, client_id)
    }

    /// A refresh token: five parts that only Cognito could read.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        super::token::refresh_token()
    }

    /// Signs any header and payload with the key of the access tokens, JSON or not.
    #[must_use]
    pub fn sign(&self, header: &str, payload: &str) -> String {
        self.signing_keys().access.sign(header, payload)
    }

    /// The `kid` of the key that signs access tokens.
    #[must_use]
    pub fn access_key_id(&self) -> String {
        self.signing_keys().access.kid.clone()
    }

    /// Replaces both keys: tokens that were signed before are signed with a removed key.
    ///
    /// A verifier notices when it reads the keys again: for the first new token, at the earliest 5
    /// seconds after the last fetch. Advance the [`clock`](Self::clock) rather than wait.
    pub fn rotate_keys(&self) {
        self.inner.endpoint.rotate_keys();
    }

    /// Lets the JWKS endpoint answer 503, until it is set to `false`.
    pub fn set_outage(&self, outage: bool) {
        self.inner.endpoint.faults.set_outage(outage);
    }

    /// Lets the JWKS endpoint answer this much later.
    pub fn set_latency(&self, latency: Duration) {
        self.inner.endpoint.faults.set_latency(latency);
    }

    /// How often the JWKS was asked for.
    #[must_use]
    pub fn jwks_requests(&self) -> usize {
        self.inner.endpoint.faults.requests()
    }

    /// The clock of the pool's tokens, of [`keys`](Self::keys) and of
    /// [`verifier`](Self::verifier).
    #[must_use]
    pub fn clock(&self) -> TestClock {
        self.inner.clock.clone()
    }

    /// The pool's keys, as all verifiers of this pool share them.
    #[must_use]
    pub fn keys(&self) -> JwksCache {
        self.inner.keys.clone()
    }

    /// The pool itself, with the address of its JWKS.
    #[must_use]
    pub fn user_pool(&self) -> UserPool {
        self.inner.keys.user_pool().clone()
    }

    /// The JWKS as it is now.
    #[must_use]
    pub fn jwks(&self) -> String {
        self.inner.endpoint.keys().jwks()
    }

    pub(super) fn signing_keys(&self) -> Arc<super::key::TestKeys> {
        self.inner.endpoint.keys()
    }

    fn new(builder: JwksCacheBuilder, endpoint: Arc<Endpoint>, server: Option<Server>) -> Self {
        let clock = TestClock::new();
        let keys = builder.clock(clock.clone()).build().expect("settings that can be");
        Self { inner: Arc::new(Inner { endpoint, keys, clock, _server: server }) }
    }
}

impl From<&TestPool> for TrustedPool {
    fn from(pool: &TestPool) -> Self {
        pool.keys().into()
    }
}

impl fmt::Debug for TestPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPool").field("keys", &self.inner.keys).finish_non_exhaustive()
    }
}

#[expect(clippy::expect_used, reason = "the id is of the right form")]
pub(crate) fn new_user_pool() -> UserPool {
    let suffix: String = std::iter::repeat_with(fastrand::alphanumeric).take(9).collect();
    UserPool::new(&format!("us-east-1_{suffix}")).expect("a region and nine letters or digits")
}
