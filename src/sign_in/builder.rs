use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::SignIn;
use super::address::{self, Address};
use super::cookies::Cookies;
use super::csrf::CrossSite;
use super::sessions::Sessions;
use super::site::Site;
use super::store::{DynSessionStore, MemorySessions, SessionStore};
use crate::rejection::Challenge;
use crate::{AppClient, CognitoVerifier, ConfigError, Revocations, TokenSource};

const DEFAULT_IDLE: Duration = Duration::from_secs(12 * 3600);
const DEFAULT_PATH: &str = "/auth";
const OPENID: &str = "openid";

/// Settings of a [`SignIn`]: from [`SignIn::builder`].
#[must_use]
pub struct SignInBuilder {
    verifier: CognitoVerifier,
    client: AppClient,
    address: String,
    store: Arc<dyn DynSessionStore>,
    revocations: Option<Revocations>,
    scopes: Vec<String>,
    path: String,
    idle: Duration,
    max_age: Option<Duration>,
    is_lax: bool,
    takes_bearer: bool,
}

impl SignInBuilder {
    pub(super) fn new(verifier: CognitoVerifier, client: AppClient, address: String) -> Self {
        Self {
            verifier,
            client,
            address,
            store: Arc::new(MemorySessions::default()),
            revocations: None,
            scopes: vec![OPENID.to_owned()],
            path: DEFAULT_PATH.to_owned(),
            idle: DEFAULT_IDLE,
            max_age: None,
            is_lax: false,
            takes_bearer: false,
        }
    }

    /// Keeps the sessions here. Defaults to [`MemorySessions`]: this process, 100,000 of them. For a
    /// fleet there is `RedisSessions` (feature `redis`).
    pub fn sessions(mut self, store: impl SessionStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Ends sign-ins in this list, so that every process refuses their tokens at once. Give the
    /// verifier the same list. Defaults to none: a token of a signed-out session is good until it
    /// expires, for whoever has a copy of it.
    pub fn revocations(mut self, revocations: &Revocations) -> Self {
        self.revocations = Some(revocations.clone());
        self
    }

    /// Asks Cognito for these scopes; `openid` must be one of them. Defaults to `openid` alone.
    ///
    /// `email` and `profile` bring the user's e-mail address and name;
    /// `aws.cognito.signin.user.admin` lets [`Session::sign_out_everywhere`] end the user's sign-ins
    /// at Cognito.
    ///
    /// [`Session::sign_out_everywhere`]: crate::Session::sign_out_everywhere
    pub fn scopes<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Serves the sign-in's routes below this path of the application. Defaults to `/auth`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Ends a session that no request has used for so long, give or take a minute. Defaults to 12
    /// hours.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Ends a session this long after its sign-in, however much it is used. Defaults to what the
    /// refresh token's life is: 30 days at Cognito, unless the app client says otherwise.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Sends the session's cookie with a link from another site too (`SameSite=Lax`). Defaults to
    /// `Strict`: whoever follows such a link goes by way of Cognito, which knows them, and gets a new
    /// session.
    ///
    /// A request that changes something is refused across sites in either case.
    pub fn lax(mut self) -> Self {
        self.is_lax = true;
        self
    }

    /// Takes `Authorization: Bearer` too, verified as [`CognitoLayer`](crate::CognitoLayer) does, so
    /// that one API serves the browser and other programs. A request with both goes by the token.
    /// Defaults to the cookie alone.
    pub fn also_bearer(mut self) -> Self {
        self.takes_bearer = true;
        self
    }

    /// Builds the sign-in. It sends nothing yet.
    ///
    /// The log says which callback and sign-out URL the app client should have, as Cognito compares
    /// both to the letter.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the setting that cannot be right: an address that is neither https nor a
    /// loopback host's, an app client without a domain or one that the verifier does not accept, no
    /// scope `openid`, a path that is none, a duration of zero.
    pub fn build(self) -> Result<SignIn, ConfigError> {
        let address = Address::parse(&self.address)?;
        let scopes = self.joined_scopes()?;
        if !address::is_path(&self.path) {
            return Err(ConfigError::SignInPath { path: self.path });
        }
        for (name, value) in [("idle", Some(self.idle)), ("max_age", self.max_age)] {
            if let Some(value) = value.filter(Duration::is_zero) {
                return Err(ConfigError::Duration { name, value, expected: "longer than zero" });
            }
        }
        if self.client.domain().is_none() {
            return Err(ConfigError::NoDomain);
        }
        if !self.verifier.accepts_client(self.client.client_id()) {
            let client_id = self.client.client_id().to_owned();
            return Err(ConfigError::ClientNotTrusted { client_id });
        }
        let mut challenge = Challenge::default();
        challenge.set_clock(self.verifier.clock());
        if self.takes_bearer {
            challenge.set_sources(Arc::new([TokenSource::bearer()]));
        }
        let sessions = Sessions {
            clock: self.verifier.clock(),
            verifier: self.verifier,
            client: self.client,
            store: self.store,
            revocations: self.revocations,
            idle: self.idle,
            max_age: self.max_age,
            is_down: AtomicBool::new(false),
            flights: Mutex::new(HashMap::new()),
        };
        let site = Site {
            sessions: Arc::new(sessions),
            cookies: Cookies::new(address.path(), self.is_lax),
            cross_site: CrossSite::new(&address)?,
            address,
            path: self.path,
            challenge,
            scopes,
            is_lax: self.is_lax,
            takes_bearer: self.takes_bearer,
        };
        tracing::info!(
            callback = site.callback_url(),
            sign_out = site.signed_out_url(),
            "the app client should allow these two URLs, to the letter"
        );
        Ok(SignIn::new(Arc::new(site)))
    }

    /// The scopes between spaces (RFC 6749 §3.3).
    fn joined_scopes(&self) -> Result<String, ConfigError> {
        let is_scope = |scope: &String| {
            !scope.is_empty()
                && scope
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
        };
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(ConfigError::Scope { scope: scope.clone() });
        }
        if !self.scopes.iter().any(|scope| scope == OPENID) {
            return Err(ConfigError::NoOpenIdScope);
        }
        Ok(self.scopes.join(" "))
    }
}

impl fmt::Debug for SignInBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInBuilder")
            .field("client", &self.client)
            .field("address", &self.address)
            .field("path", &self.path)
            .field("scopes", &self.scopes)
            .field("idle", &self.idle)
            .field("max_age", &self.max_age)
            .field("is_lax", &self.is_lax)
            .field("takes_bearer", &self.takes_bearer)
            .finish_non_exhaustive()
    }
}
