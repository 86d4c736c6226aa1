//! An app client at Cognito: it renews tokens, and ends sign-ins.

mod api;
mod builder;
mod connection;
mod domain;
mod environment;
mod http;
mod pace;
mod renewals;
mod renewer;
mod secrets;
mod tokens;
mod wire;

use std::fmt;
use std::sync::Arc;

pub use self::builder::AppClientBuilder;
use self::http::Endpoint;
use self::renewer::Renewer;
pub use self::tokens::Tokens;
use self::wire::{Kind, Refused};
use crate::crypto::TokenDigest;
use crate::{AccessClaims, CognitoClaims, RenewError, TrustedPool, VerifyError};

/// The scope that an access token needs for a user's own requests to the pool's API.
const USER_SCOPE: &str = "aws.cognito.signin.user.admin";
/// The longest refresh token that is sent: Cognito's have about 2 KB.
const MAX_TOKEN_LENGTH: usize = 16 * 1024;

/// An app client of a user pool: it renews tokens, and ends sign-ins. Clone = the same client.
///
/// One for a process, shared by its clones, so that what follows holds:
///
/// - Calls with the same refresh token make one request. Those that come while it is under way, and
///   for 10 seconds after it, get its result: two tabs of a browser do not spend one rotating token
///   twice.
/// - The request is a task of its own. A call that is dropped, with the connection of its browser,
///   does not lose a new refresh token: the next call with the old one gets it.
/// - The tokens that come back are verified with the pool's keys before anybody gets them: an access
///   and an ID token, of this app client and of one user.
/// - A connection that is lost is tried once more. With rotation that needs a grace period
///   (`RetryGracePeriodSeconds`, up to 60): for so long Cognito takes the old refresh token again. Set
///   it to at least 10 seconds; with 0 a lost answer is a lost sign-in.
/// - 20 requests a second are sent at most
///   ([`max_renewals_per_second`](AppClientBuilder::max_renewals_per_second)), and none while
///   Cognito's `Retry-After` asks for patience.
///
/// ```no_run
/// # async fn example(session_token: String) -> Result<(), Box<dyn std::error::Error>> {
/// use axum_cognito::{AppClient, RenewError, UserPool};
///
/// let pool = UserPool::new("eu-west-1_AbCdEfGhI")?;
/// let client = AppClient::builder(pool, "web-client")
///     .secret(std::env::var("COGNITO_CLIENT_SECRET")?)
///     .domain("https://auth.example.com")
///     .build()?;
///
/// match client.renew(&session_token).await {
///     Ok(tokens) => println!("{} goes on", tokens.access_claims().sub()),
///     Err(RenewError::Ended) => println!("sign in again"),
///     Err(RenewError::Unavailable { retry_after }) => println!("again in {retry_after:?}"),
///     Err(RenewError::Misconfigured | RenewError::Verify) => println!("see the log"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Which error is which
///
/// | | at the domain | at the pool's API |
/// |---|---|---|
/// | [`Ended`](RenewError::Ended) | `invalid_grant` | `NotAuthorizedException`, `RefreshTokenReuseException`, `UserNotFoundException`, `UserNotConfirmedException`, `PasswordResetRequiredException` |
/// | [`Misconfigured`](RenewError::Misconfigured) | `invalid_client`, `unauthorized_client`, `invalid_request`, any other 4xx, a redirect | `NotAuthorizedException` about the app client, `ResourceNotFoundException`, `InvalidParameterException`, `OperationNotEnabledException`, any other 4xx, a redirect |
/// | [`Unavailable`](RenewError::Unavailable) | 403 of a firewall, 429, 5xx, no answer | `TooManyRequestsException`, `ForbiddenException`, `InternalErrorException`, an error of a Lambda trigger, 5xx, no answer |
///
/// At the API `NotAuthorizedException` is the answer to a revoked token and to a wrong secret. It
/// counts as the second if its message names a client or a secret: a message can keep a session,
/// never end one. At the domain the two have a type each, so set
/// [`domain`](AppClientBuilder::domain) for an app client with a secret.
#[derive(Clone)]
pub struct AppClient {
    renewer: Arc<Renewer>,
}

impl AppClient {
    /// Returns the settings of an app client of this pool.
    ///
    /// The pool is a [`UserPool`](crate::UserPool), or a [`JwksCache`](crate::JwksCache) whose keys
    /// are shared with a verifier.
    pub fn builder(pool: impl Into<TrustedPool>, client_id: impl Into<String>) -> AppClientBuilder {
        AppClientBuilder::new(pool.into(), client_id.into())
    }

    /// Exchanges a refresh token for new tokens.
    ///
    /// Keep [`Tokens::refresh_token`] in place of the old one.
    ///
    /// # Errors
    ///
    /// [`RenewError`]; only [`RenewError::Ended`] ends the session.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without timers or I/O: `enable_all()` gives it both.
    pub async fn renew(&self, refresh_token: &str) -> Result<Tokens, RenewError> {
        if !self.takes(refresh_token) {
            tracing::debug!("what should be renewed is not a refresh token");
            return Err(RenewError::Ended);
        }
        self.renewer.renew(refresh_token).await
    }

    /// Revokes a refresh token: it renews nothing any more, and the access tokens of its sign-in do
    /// not work at Cognito. A token that is unknown or was revoked is fine.
    ///
    /// An API that verifies locally accepts those access tokens until they expire.
    ///
    /// # Errors
    ///
    /// [`RenewError::Unavailable`] or [`RenewError::Misconfigured`], which token revocation is too
    /// that is off for the app client.
    ///
    /// # Panics
    ///
    /// As [`renew`](Self::renew).
    pub async fn revoke(&self, refresh_token: &str) -> Result<(), RenewError> {
        if !self.takes(refresh_token) {
            return Ok(());
        }
        let revoked = self.renewer.connection.revoke(refresh_token).await;
        let token = TokenDigest::of(refresh_token);
        self.renewer
            .renewals
            .forget_revoked(Some(token), |tokens| tokens.refresh_token() == refresh_token);
        match revoked {
            Err(error) if error.kind != Kind::Ended => {
                Err(self.renewer.refused("revocation", &error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Ends every sign-in of the user of this access token, at every device (`GlobalSignOut`).
    ///
    /// The token needs the scope `aws.cognito.signin.user.admin`. An API that verifies locally
    /// accepts the user's access tokens until they expire.
    ///
    /// # Errors
    ///
    /// [`RenewError::Ended`] if this access token does not work any more: renew it and call again.
    /// [`RenewError::Misconfigured`] also if it lacks the scope.
    ///
    /// # Panics
    ///
    /// As [`renew`](Self::renew).
    pub async fn sign_out_everywhere(&self, access_token: &str) -> Result<(), RenewError> {
        let claims = self.user_token(access_token).await?;
        let ended = self.renewer.connection.sign_out_everywhere(access_token).await;
        ended.map_err(|error| self.renewer.refused("sign-out everywhere", &error))?;
        self.renewer
            .renewals
            .forget_revoked(None, |tokens| tokens.access_claims().sub() == claims.sub());
        Ok(())
    }

    /// Returns whether the sign-in of this access token still stands at Cognito (`GetUser`).
    ///
    /// `false` for a token that has expired, was revoked or belongs to a user who is disabled or
    /// deleted. The token needs the scope `aws.cognito.signin.user.admin`. It costs a request: for a
    /// step that must not trust a token until it expires, not for every call.
    ///
    /// # Errors
    ///
    /// [`RenewError::Unavailable`] or [`RenewError::Misconfigured`], which a missing scope is too.
    ///
    /// # Panics
    ///
    /// As [`renew`](Self::renew).
    pub async fn is_signed_in(&self, access_token: &str) -> Result<bool, RenewError> {
        match self.user_token(access_token).await {
            Ok(_) => {}
            Err(RenewError::Ended) => return Ok(false),
            Err(error) => return Err(error),
        }
        match self.renewer.connection.user(access_token).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == Kind::Ended => Ok(false),
            Err(error) => Err(self.renewer.refused("look at a sign-in", &error)),
        }
    }

    /// The id of the app client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.renewer.connection.client_id
    }

    /// The user pool's domain without a slash at its end, if one is set.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.renewer.connection.domain.as_ref().map(Endpoint::base)
    }

    /// Returns the address of a sign-in at the domain's `/oauth2/authorize`: this client's id,
    /// `response_type=code`, and these parameters, which are encoded here. `None` without a domain.
    ///
    /// A sign-in needs `redirect_uri`, `scope`, `state`, `nonce`, `code_challenge` and
    /// `code_challenge_method=S256`; Cognito also knows `acr_values`, `max_age`, `prompt`,
    /// `identity_provider`, `login_hint`, `lang` and `resource`.
    ///
    /// Source: [the authorization endpoint][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    #[must_use]
    pub fn authorize_url(&self, params: &[(&str, &str)]) -> Option<String> {
        let own = [("response_type", "code"), ("client_id", self.client_id())];
        self.page("/oauth2/authorize", &[&own, params].concat())
    }

    /// Returns the address of the domain's `/logout`, which clears Cognito's own cookie in the
    /// browser and leads to `logout_uri`, an address that is registered to the letter. `None` without
    /// a domain.
    ///
    /// Source: [the logout endpoint][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    #[must_use]
    pub fn logout_url(&self, logout_uri: &str) -> Option<String> {
        self.page("/logout", &[("client_id", self.client_id()), ("logout_uri", logout_uri)])
    }

    /// Exchanges an authorization code for tokens, which are verified as in
    /// [`renew`](Self::renew). Needs a [`domain`](AppClientBuilder::domain).
    ///
    /// `redirect_uri` is that of the authorization request, to the letter; `code_verifier` is the
    /// secret behind its `code_challenge` (RFC 7636 §4.1). The caller compares `state` before, and
    /// [`IdClaims::nonce`](crate::IdClaims::nonce) after. Unlike a renewal, the exchange belongs to
    /// this call alone and is not sent twice: a code works once.
    ///
    /// # Errors
    ///
    /// [`RenewError`]; [`RenewError::Ended`] if the code is unknown, used or older than 5 minutes.
    ///
    /// # Panics
    ///
    /// As [`renew`](Self::renew).
    pub async fn exchange_code(
        &self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Result<Tokens, RenewError> {
        self.renewer.exchange(code, redirect_uri, code_verifier).await
    }

    /// Verifies a token of this app client, whoever has revoked it here meanwhile: what a sign-out
    /// ends it by.
    #[cfg(feature = "sign-in")]
    pub(crate) async fn claims(&self, token: &str) -> Result<CognitoClaims, VerifyError> {
        self.renewer.verifier.verify(token).await
    }

    /// Whether this can be a refresh token: visible characters, at the API those of its pattern. To
    /// anything else Cognito answers `InvalidParameterException`, which would be an error in the log
    /// that any client can cause.
    fn takes(&self, refresh_token: &str) -> bool {
        let is_of_pattern = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte);
        let at_domain = self.domain().is_some();
        let fits = |byte: u8| if at_domain { byte.is_ascii_graphic() } else { is_of_pattern(byte) };
        (1..=MAX_TOKEN_LENGTH).contains(&refresh_token.len()) && refresh_token.bytes().all(fits)
    }

    fn page(&self, path: &str, query: &[(&str, &str)]) -> Option<String> {
        let domain = self.renewer.connection.domain.as_ref()?;
        Some(domain::page(domain, path, query))
    }

    /// The claims of an access token with which its user can be asked for.
    ///
    /// Cognito has one answer to a token that was revoked and to one that lacks the scope, so the
    /// scope is looked at here.
    async fn user_token(&self, access_token: &str) -> Result<AccessClaims, RenewError> {
        let claims = match self.renewer.verifier.verify(access_token).await {
            Ok(CognitoClaims::Access(claims)) => claims,
            Err(VerifyError::KeysUnavailable { retry_after }) => {
                return Err(RenewError::Unavailable { retry_after });
            }
            Ok(CognitoClaims::Id(_)) | Err(_) => return Err(RenewError::Ended),
        };
        if !claims.has_scope(USER_SCOPE) {
            return Err(self.renewer.refused("look at a user", &Refused::no_scope()));
        }
        Ok(claims)
    }
}

impl fmt::Debug for AppClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppClient")
            .field("client_id", &self.client_id())
            .field("domain", &self.domain())
            .finish_non_exhaustive()
    }
}
