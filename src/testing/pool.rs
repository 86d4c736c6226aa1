use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::TestClock;
use super::backend::Backend;
use super::client::TestClient;
use super::endpoint::Offline;
use super::routes;
use super::server::Server;
use super::sign_in::TestSignIn;
use super::token::TestToken;
use super::user::TestUser;
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
    backend: Arc<Backend>,
    keys: JwksCache,
    /// Kept for its end.
    _server: Option<Server>,
}

#[expect(clippy::expect_used, reason = "what fails here should fail the test")]
impl TestPool {
    /// A pool whose endpoints are served on a loopback port, under its real issuer's name: the
    /// JWKS, the [`domain`](Self::domain) and the API.
    ///
    /// # Panics
    ///
    /// If no loopback port is free.
    pub async fn start() -> Self {
        let backend = Arc::new(Backend::new(new_user_pool()));
        let server = Server::start(routes::of_pool(&backend)).await;
        let server = server.expect("a loopback port for the pool's endpoints");
        backend.address.get_or_init(|| server.url());
        let pool = backend.pool.clone().with_endpoint(&server.url());
        let builder = JwksCache::builder(pool.expect("a loopback address"));
        #[cfg(not(feature = "reqwest"))]
        let builder = builder.fetcher(Offline(Arc::clone(&backend.endpoint)));
        Self::new(builder, backend, Some(server))
    }

    /// A pool without a socket: its keys are preloaded, and read again from memory.
    ///
    /// Everything else is as with [`start`](Self::start), rotation and outages too. Requests go to
    /// [`router`](Self::router); its [`domain`](Self::domain) is a name that leads nowhere.
    #[must_use]
    pub fn offline() -> Self {
        let backend = Arc::new(Backend::new(new_user_pool()));
        let builder = JwksCache::builder(backend.pool.clone());
        let builder = builder.fetcher(Offline(Arc::clone(&backend.endpoint)));
        Self::new(builder.preload_fresh(&backend.endpoint.keys().jwks()), backend, None)
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
        TestToken::of_user(&self.inner.backend, TokenUse::Access, username)
    }

    /// An ID token of this user, valid for an hour, to be changed and signed.
    pub fn id_token(&self, username: &str) -> TestToken {
        TestToken::of_user(&self.inner.backend, TokenUse::Id, username)
    }

    /// An access token of an app client itself (client credentials).
    pub fn machine_token(&self, client_id: &str) -> TestToken {
        TestToken::of_machine(&self.inner.backend, client_id)
    }

    /// A refresh token: five parts that only Cognito could read.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        super::token::refresh_token()
    }

    /// Signs any header and payload with the key of the access tokens, JSON or not.
    #[must_use]
    pub fn sign(&self, header: &str, payload: &str) -> String {
        self.inner.backend.endpoint.keys().access.sign(header, payload)
    }

    /// The `kid` of the key that signs access tokens.
    #[must_use]
    pub fn access_key_id(&self) -> String {
        self.inner.backend.endpoint.keys().access.kid.clone()
    }

    /// Replaces both keys: tokens that were signed before are signed with a removed key.
    ///
    /// A verifier notices when it reads the keys again: for the first new token, at the earliest 5
    /// seconds after the last fetch. Advance the [`clock`](Self::clock) rather than wait.
    pub fn rotate_keys(&self) {
        self.inner.backend.endpoint.rotate_keys();
    }

    /// Lets the JWKS endpoint answer 503, until it is set to `false`.
    pub fn set_outage(&self, outage: bool) {
        self.inner.backend.endpoint.faults.set_outage(outage);
    }

    /// Lets the JWKS endpoint answer this much later.
    pub fn set_latency(&self, latency: Duration) {
        self.inner.backend.endpoint.faults.set_latency(latency);
    }

    /// How often the JWKS was asked for.
    #[must_use]
    pub fn jwks_requests(&self) -> usize {
        self.inner.backend.endpoint.faults.requests()
    }

    /// The clock of the pool's tokens, of [`keys`](Self::keys) and of
    /// [`verifier`](Self::verifier).
    #[must_use]
    pub fn clock(&self) -> TestClock {
        self.inner.backend.clock.clone()
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
        self.inner.backend.endpoint.keys().jwks()
    }

    /// The address of the pool's domain, like `http://127.0.0.1:12345`: managed login with
    /// `/oauth2/authorize`, `/oauth2/token`, `/oauth2/revoke`, `/oauth2/userInfo` and `/logout`.
    ///
    /// A pool that is [`offline`](Self::offline) has a name under `.invalid`, which leads nowhere.
    #[must_use]
    pub fn domain(&self) -> String {
        self.inner.backend.base_url()
    }

    /// The address of the API, in the place of `https://cognito-idp.<region>.amazonaws.com`.
    ///
    /// `POST` it `GetTokensFromRefreshToken`, `RevokeToken`, `GlobalSignOut`, `GetUser`, or
    /// `InitiateAuth` with `USER_PASSWORD_AUTH` or `REFRESH_TOKEN_AUTH`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.inner.backend.base_url()
    }

    /// All that the pool answers, without a socket: for `tower::ServiceExt::oneshot`.
    pub fn router(&self) -> Router {
        routes::of_pool(&self.inner.backend)
    }

    /// Adds an app client, or replaces the one of this id. Until the first is added, any client may
    /// do anything; from then on, no others are known.
    pub fn add_client(&self, client: TestClient) {
        self.inner.backend.directory().add_client(client);
    }

    /// Adds a user, or replaces the one of this name. A user who was not added exists as soon as a
    /// test names them.
    pub fn add_user(&self, user: TestUser) {
        self.inner.backend.directory().add_user(user);
    }

    /// The `sub` of a user: a UUID that is made from the name, unless set.
    #[must_use]
    pub fn sub_of(&self, username: &str) -> String {
        self.inner.backend.directory().profile(username).sub
    }

    /// Puts a user into these groups and no others. The next renewal shows it.
    pub fn set_groups<I: IntoIterator<Item: Into<String>>>(&self, username: &str, groups: I) {
        let groups = groups.into_iter().map(Into::into).collect();
        if let Some(user) = self.inner.backend.directory().user(username) {
            user.profile.groups = groups;
        }
    }

    /// Sets an attribute of a user. The next renewal shows it.
    pub fn set_attribute(&self, username: &str, name: &str, value: &str) {
        if let Some(user) = self.inner.backend.directory().user(username) {
            user.profile.attributes.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Disables a user: they cannot sign in, renew, or call the API. As `AdminDisableUser`.
    pub fn disable_user(&self, username: &str) {
        self.set_enabled(username, false);
    }

    /// Enables a user again. As `AdminEnableUser`.
    pub fn enable_user(&self, username: &str) {
        self.set_enabled(username, true);
    }

    /// Deletes a user, and with them all of their sign-ins. As `AdminDeleteUser`.
    pub fn delete_user(&self, username: &str) {
        self.inner.backend.directory().delete_user(username);
    }

    /// Ends all sign-ins of a user. As `AdminUserGlobalSignOut`.
    pub fn sign_out_user(&self, username: &str) {
        let now = self.inner.backend.now();
        self.inner.backend.directory().sign_out_user(username, now);
    }

    /// Signs a user in by this app client, without a browser.
    ///
    /// The tokens are those of managed login with the scopes `openid`, `email`, `profile` and
    /// `aws.cognito.signin.user.admin`, or all of the client's if it has some.
    ///
    /// # Panics
    ///
    /// If there is no such client, or the user is disabled or deleted.
    #[must_use]
    pub fn sign_in(&self, username: &str, client_id: &str) -> TestSignIn {
        TestSignIn::new(&self.inner.backend, username, client_id)
    }

    /// Returns an [`AppClient`](crate::AppClient) of this app client, at the pool's domain, with the
    /// client's secrets and the pool's keys and clock.
    ///
    /// It speaks HTTP: to a pool that is [`offline`](Self::offline) it finds no connection.
    ///
    /// # Panics
    ///
    /// If there is no such client.
    #[cfg(feature = "app-client")]
    #[must_use]
    pub fn app_client(&self, client_id: &str) -> crate::AppClient {
        let client = self.inner.backend.directory().client(client_id);
        let client = client.expect("an app client of this id, or none at all");
        let builder = crate::AppClient::builder(self, client_id).domain(self.domain());
        let builder =
            if client.secrets.is_empty() { builder } else { builder.secrets(client.secrets) };
        builder.build().expect("settings that can be")
    }

    /// Lets `/oauth2/authorize` sign this user in at once, until it is told another.
    pub fn sign_in_as(&self, username: &str) {
        self.inner.backend.directory().sign_in_as = Some(username.to_owned());
    }

    /// Lets `/oauth2/authorize` show a page with a button for each user, as it does at first.
    pub fn sign_in_by_page(&self) {
        self.inner.backend.directory().sign_in_as = None;
    }

    /// Lets the token, revoke and userInfo endpoints and the API answer 503, until it is set to
    /// `false`. The JWKS has its own: [`set_outage`](Self::set_outage).
    pub fn set_token_outage(&self, outage: bool) {
        self.inner.backend.faults.set_outage(outage);
    }

    /// Lets the token, revoke and userInfo endpoints and the API answer this much later.
    pub fn set_token_latency(&self, latency: Duration) {
        self.inner.backend.faults.set_latency(latency);
    }

    /// Lets the token, revoke and userInfo endpoints answer 429, and the API
    /// `TooManyRequestsException`, with this `Retry-After`; until it is set to `None`.
    pub fn set_throttled(&self, retry_after: Option<Duration>) {
        self.inner.backend.faults.set_throttled(retry_after);
    }

    /// Carries out the next `count` requests to the token and revoke endpoints or the API, and
    /// closes their connections before the answer: a rotation is made, and nobody hears of it.
    pub fn lose_answers(&self, count: usize) {
        self.inner.backend.faults.lose_answers(count);
    }

    /// How often tokens were asked for: at `/oauth2/token`, by `GetTokensFromRefreshToken` and by
    /// `InitiateAuth`.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.inner.backend.counters.token()
    }

    /// How often a revocation was asked for: at `/oauth2/revoke` and by `RevokeToken`.
    #[must_use]
    pub fn revoke_requests(&self) -> usize {
        self.inner.backend.counters.revoke()
    }

    /// How often a browser came to `/oauth2/authorize`.
    #[must_use]
    pub fn authorize_requests(&self) -> usize {
        self.inner.backend.counters.authorize()
    }

    pub(super) fn backend(&self) -> Arc<Backend> {
        Arc::clone(&self.inner.backend)
    }

    fn set_enabled(&self, username: &str, enabled: bool) {
        if let Some(user) = self.inner.backend.directory().user(username) {
            user.enabled = enabled;
        }
    }

    fn new(builder: JwksCacheBuilder, backend: Arc<Backend>, server: Option<Server>) -> Self {
        let keys = builder.clock(backend.clock.clone()).build().expect("settings that can be");
        Self { inner: Arc::new(Inner { backend, keys, _server: server }) }
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
