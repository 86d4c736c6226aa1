//! What answers for a user pool, over a socket or without.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::TestClock;
use super::client::TestClient;
use super::counters::Counters;
use super::directory::Directory;
use super::endpoint::Endpoint;
use super::faults::Faults;
use super::sessions::{RefreshError, Session, SignIn, SignedInBy};
use super::token::TestToken;
use crate::crypto::sha256;
use crate::{TokenUse, UserPool};

/// The pool behind its endpoints: keys, users, clients, sign-ins and faults.
pub(super) struct Backend {
    pub(super) pool: UserPool,
    pub(super) clock: TestClock,
    /// The JWKS.
    pub(super) endpoint: Arc<Endpoint>,
    /// Of everything but the JWKS.
    pub(super) faults: Faults,
    pub(super) counters: Counters,
    /// Where the server listens.
    pub(super) address: OnceLock<String>,
    directory: Mutex<Directory>,
}

/// The tokens that a sign-in or a renewal gives.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) id: Option<String>,
    pub(super) refresh: Option<String>,
    pub(super) expires_in: Duration,
}

/// Why a user gets no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Token(RefreshError),
    UserDisabled,
    UserUnknown,
}

impl Backend {
    pub(super) fn new(pool: UserPool) -> Self {
        Self {
            pool,
            clock: TestClock::new(),
            endpoint: Arc::new(Endpoint::new()),
            faults: Faults::default(),
            counters: Counters::default(),
            address: OnceLock::new(),
            directory: Mutex::default(),
        }
    }

    pub(super) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.since_epoch()
    }

    /// The address of the domain and of the API.
    pub(super) fn base_url(&self) -> String {
        // `.invalid` never resolves (RFC 2606 §2).
        let nowhere =
            || format!("https://{}.invalid", self.pool.id().to_lowercase().replace('_', "."));
        self.address.get().cloned().unwrap_or_else(nowhere)
    }

    /// Where the JWKS is read.
    pub(super) fn jwks_url(&self) -> String {
        format!("{}/{}/.well-known/jwks.json", self.base_url(), self.pool.id())
    }

    /// Begins a session, with its first tokens.
    pub(super) fn sign_in(
        self: &Arc<Self>,
        client: &TestClient,
        sign_in: SignIn,
        nonce: Option<&str>,
    ) -> Result<Tokens, Refusal> {
        let now = self.now();
        let (session, refresh_token) = {
            let mut directory = self.directory();
            may_sign_in(&mut directory, &sign_in.username)?;
            directory.sessions.begin(sign_in, client.refresh_lifetime, now)
        };
        Ok(Tokens { refresh: Some(refresh_token), ..self.tokens(client, &session, nonce) })
    }

    /// New tokens of a session, and a new refresh token if the client rotates them.
    pub(super) fn renew(
        self: &Arc<Self>,
        client: &TestClient,
        refresh_token: &str,
    ) -> Result<Tokens, Refusal> {
        let now = self.now();
        let (session, refresh_token) = {
            let mut directory = self.directory();
            let session = directory.sessions.of_refresh_token(refresh_token, &client.id, now);
            let session = session.map_err(Refusal::Token)?.clone();
            may_sign_in(&mut directory, &session.username)?;
            let rotated = client
                .rotation
                .and_then(|grace| directory.sessions.rotate(refresh_token, grace, now));
            (session, rotated)
        };
        Ok(Tokens { refresh: refresh_token, ..self.tokens(client, &session, None) })
    }

    /// Whose refresh token this is.
    pub(super) fn username_of(
        &self,
        client: &TestClient,
        refresh_token: &str,
    ) -> Result<String, Refusal> {
        let directory = self.directory();
        let session = directory.sessions.of_refresh_token(refresh_token, &client.id, self.now());
        session.map(|session| session.username.clone()).map_err(Refusal::Token)
    }

    fn tokens(
        self: &Arc<Self>,
        client: &TestClient,
        session: &Session,
        nonce: Option<&str>,
    ) -> Tokens {
        let token = |token_use| {
            let token = TestToken::of_user(self, token_use, &session.username)
                .client_id(&client.id)
                .claim("auth_time", session.auth_time.as_secs())
                .claim("event_id", &session.event_id)
                .claim_if("acr", session.acr.as_deref())
                .claim_if("amr", session.acr.as_deref().map(methods));
            if client.names_sessions() {
                token.claim("origin_jti", &session.id)
            } else {
                token.without_claim("origin_jti")
            }
        };
        let access = token(TokenUse::Access)
            .scope(&session.scope)
            .claim_if("aud", session.resource.as_deref())
            .expires_in(client.access_lifetime);
        let by_api = session.signed_in_by == SignedInBy::Api;
        let access = if by_api { access.without_claim("version") } else { access }.sign();
        let has_id_token = by_api || session.scope.split(' ').any(|scope| scope == "openid");
        let id = has_id_token.then(|| {
            let token = token(TokenUse::Id).expires_in(client.id_lifetime).claim_if("nonce", nonce);
            if by_api { token } else { token.claim("at_hash", at_hash(&access)) }.sign()
        });
        Tokens { access, id, refresh: None, expires_in: client.access_lifetime }
    }
}

/// A user who is there and not disabled.
fn may_sign_in(directory: &mut Directory, username: &str) -> Result<(), Refusal> {
    match directory.user(username) {
        None => Err(Refusal::UserUnknown),
        Some(user) if !user.enabled => Err(Refusal::UserDisabled),
        Some(_) => Ok(()),
    }
}

/// How a level was reached: by a password, and from the second level on by a code too (RFC 8176 §2).
fn methods(acr: &str) -> &'static [&'static str] {
    if acr == "urn:cognito:loa:1" { &["pwd"] } else { &["pwd", "otp", "mfa"] }
}

/// The left half of the access token's digest (OpenID Connect Core §3.1.3.6).
fn at_hash(access_token: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let digest = sha256(access_token.as_bytes());
    let (left, _) = digest.split_at(16);
    URL_SAFE_NO_PAD.encode(left)
}
