use std::fmt;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DEFAULT_REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// The longest `RetryGracePeriodSeconds`.
const MAX_GRACE: Duration = Duration::from_secs(60);

/// An app client of a [`TestPool`](super::TestPool), for
/// [`add_client`](super::TestPool::add_client).
///
/// As an app client that has just been created: public, without rotation of refresh tokens, with
/// access and ID tokens of one hour and refresh tokens of 30 days. Any callback address and any
/// scope are allowed until the first is named.
///
/// ```
/// use std::time::Duration;
/// use axum_cognito::testing::{TestClient, TestPool};
///
/// let pool = TestPool::offline();
/// pool.add_client(
///     TestClient::new("web-client")
///         .secret("aSecretOfTheWebClient")
///         .callback("https://app.example.com/auth/callback")
///         .rotation(Duration::from_secs(10)),
/// );
/// ```
#[derive(Clone)]
#[must_use]
pub struct TestClient {
    pub(super) id: String,
    pub(super) secrets: Vec<String>,
    pub(super) callbacks: Vec<String>,
    pub(super) logout_urls: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) rotation: Option<Duration>,
    pub(super) access_lifetime: Duration,
    pub(super) id_lifetime: Duration,
    pub(super) refresh_lifetime: Duration,
    pub(super) revocation: bool,
    pub(super) kind: ClientKind,
}

/// Which grants a client may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientKind {
    /// `authorization_code` and `refresh_token`.
    Users,
    /// `client_credentials`.
    Machine,
    /// A client that was not described: everything goes.
    Any,
}

impl TestClient {
    /// A public client with this id.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            secrets: Vec::new(),
            callbacks: Vec::new(),
            logout_urls: Vec::new(),
            scopes: Vec::new(),
            rotation: None,
            access_lifetime: HOUR,
            id_lifetime: HOUR,
            refresh_lifetime: DEFAULT_REFRESH_LIFETIME,
            revocation: true,
            kind: ClientKind::Users,
        }
    }

    /// A client that any program without a description of its own is.
    pub(super) fn any(id: &str) -> Self {
        Self { kind: ClientKind::Any, ..Self::new(id) }
    }

    /// Requires this secret. Called twice: either of the two, as while a secret is replaced.
    /// Defaults to none: a public client.
    pub fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    /// Allows this `redirect_uri`, compared to the letter. Defaults to any.
    pub fn callback(mut self, url: &str) -> Self {
        self.callbacks.push(url.to_owned());
        self
    }

    /// Allows this `logout_uri`, compared to the letter. Defaults to any.
    pub fn logout_url(mut self, url: &str) -> Self {
        self.logout_urls.push(url.to_owned());
        self
    }

    /// Allows these scopes, and no others. Defaults to any.
    pub fn scopes<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Rotates refresh tokens: each renewal gives a new one, and the old one works for this grace
    /// period longer (`RetryGracePeriodSeconds`, in whole seconds). Defaults to no rotation.
    ///
    /// # Panics
    ///
    /// If the grace period is longer than the 60 seconds that Cognito allows.
    ///
    /// Source: [RefreshTokenRotationType](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html).
    pub fn rotation(mut self, grace: Duration) -> Self {
        assert!(grace <= MAX_GRACE, "a grace period of at most 60 seconds");
        self.rotation = Some(Duration::from_secs(grace.as_secs()));
        self
    }

    /// Sets how long access tokens are valid. Defaults to one hour. Cognito allows 5 minutes to one
    /// day; a test may go below.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_lifetime = lifetime;
        self
    }

    /// Sets how long ID tokens are valid. Defaults to one hour.
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.id_lifetime = lifetime;
        self
    }

    /// Sets how long a sign-in can be renewed. Defaults to 30 days. Cognito allows one hour to ten
    /// years. A rotated refresh token lives for the rest of the first one's life.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_lifetime = lifetime;
        self
    }

    /// Turns `EnableTokenRevocation` off: `RevokeToken` is refused, and tokens carry no
    /// `origin_jti` unless refresh tokens rotate. Defaults to on.
    pub fn without_revocation(mut self) -> Self {
        self.revocation = false;
        self
    }

    /// Makes this a machine client: `client_credentials` with these scopes, and no users.
    pub fn machine<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.kind = ClientKind::Machine;
        self.scopes(scopes)
    }

    /// Whether what this request brought is the client's own secret, or none where it has none.
    pub(super) fn accepts_secret(&self, secret: Option<&str>) -> bool {
        if self.accepts_any_secret() {
            return true;
        }
        match secret {
            Some(secret) => self.secrets.iter().any(|own| own == secret),
            None => self.secrets.is_empty(),
        }
    }

    /// Whether the client was not described, and so has a secret or none.
    pub(super) fn accepts_any_secret(&self) -> bool {
        self.kind == ClientKind::Any
    }

    /// The scopes of a request that names none: all of the client's.
    pub(super) fn default_scope(&self) -> String {
        if self.scopes.is_empty() {
            return "openid email profile aws.cognito.signin.user.admin".to_owned();
        }
        self.scopes.join(" ")
    }

    pub(super) fn allows_callback(&self, url: &str) -> bool {
        self.callbacks.is_empty() || self.callbacks.iter().any(|allowed| allowed == url)
    }

    pub(super) fn allows_logout(&self, url: &str) -> bool {
        self.logout_urls.is_empty() || self.logout_urls.iter().any(|allowed| allowed == url)
    }

    pub(super) fn allows_scope(&self, scope: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|allowed| allowed == scope)
    }

    /// Whether tokens carry `origin_jti`.
    pub(super) fn names_sessions(&self) -> bool {
        self.revocation || self.rotation.is_some()
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("callbacks", &self.callbacks)
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}
