//! A load balancer of your own.

mod endpoint;
mod key;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::endpoint::{KeyEndpoint, Offline};
use self::key::TestAlbKey;
pub use self::token::TestAlbToken;
use super::{AlbVerifier, AlbVerifierBuilder, LoadBalancer};
use crate::testing::TestClock;
use crate::testing::pool::new_user_pool;
use crate::testing::server::Server;
use crate::{ClientIds, UserPool};

/// A load balancer for tests: an ES256 key, its endpoint, and `x-amzn-oidc-data` as AWS signs it.
///
/// Each has an ARN, a user pool and a key of its own. Cheap to clone: clones share the load balancer,
/// and its endpoint stops with the last one.
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use axum_cognito::{AlbClaims, AlbLayer, testing::TestLoadBalancer};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let load_balancer = TestLoadBalancer::start().await;
/// let layer = AlbLayer::new(load_balancer.verifier("my-client-id"));
/// let me = get(async |claims: AlbClaims| claims.sub().to_owned());
/// let app = Router::new().route("/me", me).layer(layer);
///
/// let token = load_balancer.token("alice").client_id("my-client-id").sign();
/// let request = Request::get("/me").header("x-amzn-oidc-data", token);
/// let response = app.oneshot(request.body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestLoadBalancer {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Arc<KeyEndpoint>,
    load_balancer: LoadBalancer,
    pool: UserPool,
    clock: TestClock,
    /// Kept for its end. Without it the keys are read from memory.
    server: Option<Server>,
}

#[expect(clippy::expect_used, reason = "what fails here should fail the test")]
impl TestLoadBalancer {
    /// A load balancer whose keys are served on a loopback port.
    ///
    /// # Panics
    ///
    /// If no loopback port can be had.
    pub async fn start() -> Self {
        let endpoint = Arc::<KeyEndpoint>::default();
        let server = Server::start(endpoint.router()).await;
        let server = server.expect("a loopback port for the key endpoint");
        let load_balancer = new_load_balancer().with_key_url(&server.url());
        Self::new(load_balancer.expect("a loopback address"), endpoint, Some(server))
    }

    /// A load balancer without a socket: its keys are read from memory, when the first token needs
    /// them.
    ///
    /// Everything else is as with [`start`](Self::start), rotation and outages too.
    #[must_use]
    pub fn offline() -> Self {
        Self::new(new_load_balancer(), Arc::default(), None)
    }

    /// A verifier of what this load balancer signs for these app clients, on its clock.
    ///
    /// # Panics
    ///
    /// If a client id is empty or doubled.
    #[must_use]
    pub fn verifier(&self, client_ids: impl Into<ClientIds>) -> AlbVerifier {
        let builder = self.verifier_builder().trust(self.user_pool(), client_ids);
        builder.build().expect("client ids that can be")
    }

    /// A verifier of what this load balancer signs, on its clock, before any user pool is trusted.
    pub fn verifier_builder(&self) -> AlbVerifierBuilder {
        let builder = AlbVerifier::builder([self.load_balancer()]).clock(self.clock());
        if cfg!(feature = "reqwest") && self.inner.server.is_some() {
            return builder;
        }
        builder.fetcher(Offline(Arc::clone(&self.inner.endpoint)))
    }

    /// Returns the token about this user, good for two minutes, to be changed and signed.
    pub fn token(&self, username: &str) -> TestAlbToken {
        TestAlbToken::new(self, username)
    }

    /// Signs any header and payload, JSON or not.
    #[must_use]
    pub fn sign(&self, header: &str, payload: &str) -> String {
        self.key().sign(header, payload, true)
    }

    /// The `kid` of the key that signs.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.key().kid.clone()
    }

    /// The public key that verifies what is signed now, in PEM.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        self.key().pem()
    }

    /// Signs with a new key from now on. The endpoint goes on serving the old ones.
    pub fn rotate_key(&self) {
        self.inner.endpoint.rotate_key();
    }

    /// Lets the endpoint serve no key but the one that signs.
    pub fn remove_old_keys(&self) {
        self.inner.endpoint.remove_old_keys();
    }

    /// Lets the key endpoint answer 503, until it is set to `false`.
    pub fn set_outage(&self, outage: bool) {
        self.inner.endpoint.faults.set_outage(outage);
    }

    /// Lets the key endpoint answer this much later.
    pub fn set_latency(&self, latency: Duration) {
        self.inner.endpoint.faults.set_latency(latency);
    }

    /// How often a key was asked for.
    #[must_use]
    pub fn key_requests(&self) -> usize {
        self.inner.endpoint.faults.requests()
    }

    /// The clock of the tokens and of [`verifier`](Self::verifier).
    #[must_use]
    pub fn clock(&self) -> TestClock {
        self.inner.clock.clone()
    }

    /// The user pool whose users it signs in.
    #[must_use]
    pub fn user_pool(&self) -> UserPool {
        self.inner.pool.clone()
    }

    /// The load balancer itself, with the address of its keys.
    #[must_use]
    pub fn load_balancer(&self) -> LoadBalancer {
        self.inner.load_balancer.clone()
    }

    fn key(&self) -> Arc<TestAlbKey> {
        self.inner.endpoint.key().expect("a key from the start")
    }

    fn new(
        load_balancer: LoadBalancer,
        endpoint: Arc<KeyEndpoint>,
        server: Option<Server>,
    ) -> Self {
        endpoint.rotate_key();
        let (pool, clock) = (new_user_pool(), TestClock::new());
        Self { inner: Arc::new(Inner { endpoint, load_balancer, pool, clock, server }) }
    }
}

impl fmt::Debug for TestLoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestLoadBalancer")
            .field("load_balancer", &self.inner.load_balancer)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::expect_used, reason = "the ARN is of the right form")]
fn new_load_balancer() -> LoadBalancer {
    let (account, id) = (fastrand::u64(..1_000_000_000_000), fastrand::u64(..));
    let resource = format!("loadbalancer/app/test/{id:016x}");
    let arn = format!("arn:aws:elasticloadbalancing:us-east-1:{account:012}:{resource}");
    LoadBalancer::new(&arn).expect("an account and an id")
}
