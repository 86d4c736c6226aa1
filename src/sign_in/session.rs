use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::sessions::{Active, Sessions};
use crate::rejection::{Cause, Challenge, Rejection};
use crate::{ClaimError, CognitoClaims, RenewError, SignOutError};

const OPEN: u8 = 0;
const SIGNED_OUT: u8 = 1;
const FAILED: u8 = 2;

/// The session of a signed-in browser, as an argument of a handler. Clone = the same session.
///
/// It is there behind [`SignIn::layer`](crate::SignIn::layer), for requests that came with a
/// session's cookie: a bearer token brings claims, and no session. As `Option<Session>` it is `None`
/// where a request has none.
///
/// ```
/// use axum_cognito::Session;
///
/// async fn call(session: Session) -> String {
///     format!("Authorization: Bearer {}", session.access_token());
///     format!("session {}", session.id())
/// }
/// # let _ = call;
/// ```
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    sessions: Arc<Sessions>,
    active: Active,
    name: String,
    state: AtomicU8,
}

impl Session {
    pub(super) fn new(sessions: Arc<Sessions>, active: Active) -> Self {
        let name = active.id.key().to_string();
        Self { inner: Arc::new(Inner { sessions, active, name, state: AtomicU8::new(OPEN) }) }
    }

    /// Returns the access token, for calls to other services in the user's name.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.inner.active.record.access_token
    }

    /// Returns the ID token as it came with the access token. It may have expired before that one.
    #[must_use]
    pub fn id_token(&self) -> Option<&str> {
        self.inner.active.record.id_token.as_deref()
    }

    /// Returns a name of this session for logs and for the application's own data: 64 hexadecimal
    /// digits, another one after each sign-in. Nobody signs in with it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.name
    }

    /// Returns the claims of the request: those of the session's token.
    #[must_use]
    pub fn claims(&self) -> &CognitoClaims {
        &self.inner.active.claims
    }

    /// Returns one claim of the ID token by its name, like `email`; `None` if it is absent or `null`.
    /// As of the sign-in or the last renewal.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the claim has another type.
    pub fn id_claim<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ClaimError> {
        let Some(payload) = self.id_token().and_then(payload) else { return Ok(None) };
        let claim = crate::claims::read_member(&payload, name);
        claim.map_err(|error| ClaimError::new::<T>(format!("the claim {name:?}"), &error))
    }

    /// Returns what to call the user: `name` of the ID token, else `email`, else the user's name at
    /// Cognito.
    #[must_use]
    pub fn name(&self) -> String {
        let text = |name| self.id_claim::<String>(name).ok().flatten();
        let name = text("name").or_else(|| text("email")).or_else(|| text("cognito:username"));
        name.unwrap_or_else(|| self.claims().username().unwrap_or_default().to_owned())
    }

    /// Returns when the session ends if nothing more uses it.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        let end = self.inner.sessions.end(&self.inner.active.record);
        UNIX_EPOCH + end
    }

    /// Ends every session and every sign-in of the user, at every device: at Cognito, in the list of
    /// revocations, and this one in the store; and clears the cookie of the browser that asked.
    ///
    /// If it cannot be done, the layer answers 503 in place of the handler, so that nobody is told
    /// what is not true. [`try_sign_out_everywhere`](Self::try_sign_out_everywhere) leaves that to the
    /// handler, and says what it needs.
    pub async fn sign_out_everywhere(&self) {
        if self.try_sign_out_everywhere().await.is_err() {
            self.inner.state.store(FAILED, Ordering::SeqCst);
        }
    }

    /// As [`sign_out_everywhere`](Self::sign_out_everywhere), for a handler with an answer of its own
    /// to a failure.
    ///
    /// Cognito ends the other sign-ins (`GlobalSignOut`) if the access token has the scope
    /// `aws.cognito.signin.user.admin`; with [`revocations`](crate::SignInBuilder::revocations) this
    /// application refuses them in any case, and without either nobody would.
    ///
    /// # Errors
    ///
    /// [`SignOutError`] says what was not reached. The call can be repeated.
    pub async fn try_sign_out_everywhere(&self) -> Result<(), SignOutError> {
        let (sessions, record) = (&self.inner.sessions, &self.inner.active.record);
        if let Some(revocations) = &sessions.revocations {
            let claims = self.claims();
            let ended = revocations.end_user(claims.user_pool_id(), claims.sub()).await;
            ended.map_err(|error| failed(SignOutError::Revocations, &error))?;
        }
        let mut ended = sessions.client.sign_out_everywhere(&record.access_token).await;
        if matches!(ended, Err(RenewError::Ended)) {
            // This access token does not work any more, which says nothing of the user's others.
            if let Some(access_token) = sessions.renewed_access_token(&self.inner.active.id).await {
                ended = sessions.client.sign_out_everywhere(&access_token).await;
            }
        }
        match ended {
            Ok(()) => {}
            Err(RenewError::Ended | RenewError::Misconfigured)
                if sessions.revocations.is_some() =>
            {
                tracing::warn!(
                    "signed out everywhere in this application alone: at Cognito it takes an access \
                     token that works, with the scope `aws.cognito.signin.user.admin`"
                );
            }
            Err(error) => return Err(failed(SignOutError::Cognito, &error)),
        }
        // Ended at Cognito with the others, or for this session alone.
        if let Err(error) = sessions.client.revoke(&record.refresh_token).await {
            tracing::warn!(%error, "the refresh token of a session was not revoked");
        }
        let deleted = sessions.delete(&self.inner.active.id).await;
        deleted.map_err(|error| failed(SignOutError::Store, &error))?;
        self.inner.state.store(SIGNED_OUT, Ordering::SeqCst);
        Ok(())
    }

    /// The token that the claims of the request are those of.
    pub(super) fn token(&self) -> Arc<str> {
        self.inner.sessions.token(&self.inner.active.record).into()
    }

    pub(super) fn is_signed_out(&self) -> bool {
        self.inner.state.load(Ordering::SeqCst) == SIGNED_OUT
    }

    pub(super) fn has_failed(&self) -> bool {
        self.inner.state.load(Ordering::SeqCst) == FAILED
    }

    pub(super) fn token_expires_at(&self) -> Duration {
        crate::clock::since_epoch(self.claims().expires_at())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let session = find(parts)?;
        let challenge = parts.extensions.get::<Challenge>().cloned().unwrap_or_default();
        session.ok_or_else(|| Rejection::new(Cause::NoToken, challenge))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        find(parts)
    }
}

/// Marks requests that a sign-in's layer has seen.
#[derive(Clone, Copy)]
pub(super) struct Seen;

fn find(parts: &Parts) -> Result<Option<Session>, Rejection> {
    if parts.extensions.get::<Seen>().is_none() {
        return Err(Rejection::missing_layer("`Session`", "SignIn::layer()"));
    }
    Ok(parts.extensions.get().cloned())
}

/// The payload of a token that was verified when it came.
fn payload(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

fn failed(what: SignOutError, error: &dyn std::error::Error) -> SignOutError {
    tracing::error!(%error, %what, "a user was not signed out everywhere");
    what
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("sub", &self.claims().sub())
            .finish_non_exhaustive()
    }
}
