//! Sign-in for a web application: the backend for frontend (RFC 10017).
//!
//! ```text
//! layer        SignInLayer: the cookie of a session → claims, or the way to the sign-in
//! routes       the sign-in's own pages: start, callback, sign-out, session
//! session      Session: what a handler gets
//!   → site       what both go by: address, cookies, settings
//!     → sessions   finds a session, verifies its token; renewal: new tokens, once
//!       → record     what is known of a session, sealed for the store
//!         → store      SessionStore: in memory, or for a fleet
//!     → cookies    which cookies there are, and what is in them
//!       → attempt    a sign-in under way, in its browser's own cookie
//!     → csrf       what another site lets a browser send
//! ```

mod address;
mod attempt;
mod builder;
mod cookies;
mod csrf;
mod destination;
mod layer;
mod page;
mod query;
mod record;
mod renewal;
mod routes;
mod session;
mod session_id;
mod sessions;
mod site;
mod store;

use std::fmt;
use std::sync::Arc;

use axum::Router;

pub use self::builder::SignInBuilder;
pub use self::layer::{SignInLayer, SignInService};
pub use self::session::Session;
pub use self::session_id::SessionKey;
use self::site::Site;
pub use self::store::{MemorySessions, SessionStore, StoredSession};
use crate::{AppClient, CognitoVerifier};

/// Signs users of a web application in and out at Cognito, and keeps their sessions: the backend for
/// frontend (RFC 10017). Clone = the same sign-in.
///
/// The tokens stay on the server; the browser has a cookie of 65 bytes that no script can read. What
/// it stands for becomes [`CognitoClaims`](crate::CognitoClaims), so extractors and
/// [`Require`](crate::Require) are the same as behind [`CognitoLayer`](crate::CognitoLayer).
///
/// ```no_run
/// # async fn home() {}
/// # async fn me() {}
/// # fn example() -> Result<(), axum_cognito::ConfigError> {
/// use axum::{Router, routing::get};
/// use axum_cognito::{AppClient, CognitoVerifier, SignIn, UserPool};
///
/// let pool = UserPool::new("eu-west-1_AbCdEfGhI")?;
/// let verifier = CognitoVerifier::builder().trust(pool.clone(), "web-client").build()?;
/// let client = AppClient::builder(pool, "web-client")
///     .secret("…")
///     .domain("https://auth.example.com")
///     .build()?;
///
/// let sign_in = SignIn::builder(verifier, client, "https://app.example.com").build()?;
/// let app: Router = Router::new()
///     .route("/", get(home))
///     .route("/api/me", get(me))
///     .layer(sign_in.layer())
///     .merge(sign_in.routes());
/// # Ok(())
/// # }
/// ```
///
/// A page that a browser goes to without a session leads to the sign-in and back; every other request
/// without one gets 401. A token with less than a minute left is renewed in the background, an
/// expired one before the request goes on, within 5 seconds; while Cognito or the store is down, that
/// is 503, and nobody is signed out.
#[derive(Clone)]
pub struct SignIn {
    site: Arc<Site>,
}

impl SignIn {
    /// Returns the settings of a sign-in for the application at this address, like
    /// `https://app.example.com`: where browsers find it, whatever proxies stand before it.
    ///
    /// The verifier decides about each request; `client` is the app client that users sign in with.
    pub fn builder(
        verifier: CognitoVerifier,
        client: AppClient,
        address: impl Into<String>,
    ) -> SignInBuilder {
        SignInBuilder::new(verifier, client, address.into())
    }

    pub(in crate::sign_in) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    /// Returns the layer for the routes that need a session.
    pub fn layer(&self) -> SignInLayer {
        SignInLayer::new(Arc::clone(&self.site))
    }

    /// Returns the sign-in's own routes, to be merged into the application's, outside of the
    /// [`layer`](Self::layer): `/auth/sign-in`, `/auth/callback`, `/auth/sign-out` and
    /// `/auth/session`.
    ///
    /// | | |
    /// |---|---|
    /// | `GET /auth/sign-in?to=/orders` | leads to Cognito's sign-in, and back to that page of this application; also `max_age` and `acr_values` |
    /// | `GET /auth/callback` | where Cognito sends the browser back to |
    /// | `POST /auth/sign-out` | ends the session, its sign-in and Cognito's own; a script gets `{"location": …}` to go to |
    /// | `GET /auth/session` | `{"signed_in": true, "name": …, "expires_at": …, "token_expires_at": …}`, in seconds since 1970, or `{"signed_in": false}` |
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::routes(Arc::clone(&self.site))
    }

    /// Returns the callback URL that the app client must allow.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.site.callback_url()
    }

    /// Returns the sign-out URL that the app client must allow.
    #[must_use]
    pub fn signed_out_url(&self) -> String {
        self.site.signed_out_url()
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("site", &self.site).finish()
    }
}
