//! What a user pool remembers of sign-ins: codes, sessions and refresh tokens. No clock, no lock.

use std::collections::HashMap;
use std::time::Duration;

use super::uuid::uuid;

/// How long an authorization code is good: 5 minutes at Cognito.
const CODE_LIFETIME: Duration = Duration::from_secs(300);

/// One sign-in: what all of its tokens have in common.
#[derive(Clone)]
pub(super) struct Session {
    /// `origin_jti`.
    pub(super) id: String,
    pub(super) event_id: String,
    pub(super) username: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) signed_in_by: SignedInBy,
    /// When the user signed in, since 1970: `auth_time`.
    pub(super) auth_time: Duration,
    /// The URL that the access token is bound to (RFC 8707).
    pub(super) resource: Option<String>,
    /// The level that was asked for, of `acr_values`.
    pub(super) acr: Option<String>,
    /// When its refresh tokens expire, the rotated ones too.
    expires: Duration,
    revoked: bool,
}

/// Tokens from the API lack some claims that those of the domain have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SignedInBy {
    Domain,
    Api,
}

/// A sign-in as it is asked for.
#[derive(Clone)]
pub(super) struct SignIn {
    pub(super) username: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) signed_in_by: SignedInBy,
    pub(super) auth_time: Duration,
    pub(super) resource: Option<String>,
    pub(super) acr: Option<String>,
}

/// What a code is exchanged for, and by whom.
#[derive(Clone)]
pub(super) struct CodeGrant {
    pub(super) sign_in: SignIn,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: Option<String>,
    pub(super) nonce: Option<String>,
}

/// Why a refresh token gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshError {
    /// Never issued, or to another client.
    Unknown,
    Revoked,
    Expired,
    /// Rotated, and its grace period is over.
    Reused,
}

/// All sign-ins of a pool.
#[derive(Default)]
pub(super) struct Sessions {
    sessions: HashMap<String, Session>,
    refresh_tokens: HashMap<String, RefreshToken>,
    codes: HashMap<String, (CodeGrant, Duration)>,
}

struct RefreshToken {
    session: String,
    /// Once it was rotated: the end of its grace period.
    usable_until: Option<Duration>,
}

impl Sessions {
    /// Keeps what a code will be exchanged for. Returns the code.
    pub(super) fn issue_code(&mut self, grant: CodeGrant, now: Duration) -> String {
        self.codes.retain(|_, (_, expires)| *expires > now);
        let code = uuid();
        self.codes.insert(code.clone(), (grant, now.saturating_add(CODE_LIFETIME)));
        code
    }

    /// Takes the grant of a code: a second time, or after 5 minutes, there is none.
    pub(super) fn take_code(&mut self, code: &str, now: Duration) -> Option<CodeGrant> {
        let (grant, expires) = self.codes.remove(code)?;
        (now < expires).then_some(grant)
    }

    /// Begins a session whose refresh tokens expire `lifetime` after the sign-in. Returns the
    /// session, and its first refresh token.
    pub(super) fn begin(
        &mut self,
        sign_in: SignIn,
        lifetime: Duration,
        now: Duration,
    ) -> (Session, String) {
        let session = Session {
            id: uuid(),
            event_id: uuid(),
            username: sign_in.username,
            client_id: sign_in.client_id,
            scope: sign_in.scope,
            signed_in_by: sign_in.signed_in_by,
            auth_time: sign_in.auth_time,
            resource: sign_in.resource,
            acr: sign_in.acr,
            expires: now.saturating_add(lifetime),
            revoked: false,
        };
        let refresh_token = self.new_refresh_token(&session.id);
        self.sessions.insert(session.id.clone(), session.clone());
        (session, refresh_token)
    }

    /// The session that this client may renew by the refresh token now.
    pub(super) fn of_refresh_token(
        &self,
        token: &str,
        client_id: &str,
        now: Duration,
    ) -> Result<&Session, RefreshError> {
        let known = self.refresh_tokens.get(token).ok_or(RefreshError::Unknown)?;
        let session = self.sessions.get(&known.session).ok_or(RefreshError::Unknown)?;
        if session.client_id != client_id {
            Err(RefreshError::Unknown)
        } else if session.revoked {
            Err(RefreshError::Revoked)
        } else if now >= session.expires {
            Err(RefreshError::Expired)
        } else if known.usable_until.is_some_and(|end| now >= end) {
            Err(RefreshError::Reused)
        } else {
            Ok(session)
        }
    }

    /// Replaces a refresh token that may be used by a new one of its session. The old one goes on
    /// working for the grace period after its first rotation.
    pub(super) fn rotate(&mut self, token: &str, grace: Duration, now: Duration) -> Option<String> {
        let known = self.refresh_tokens.get_mut(token)?;
        known.usable_until.get_or_insert(now.saturating_add(grace));
        let session = known.session.clone();
        Some(self.new_refresh_token(&session))
    }

    /// Ends the session of a refresh token. `false` if there is none of this client.
    pub(super) fn revoke(&mut self, token: &str, client_id: &str) -> bool {
        let known = self.refresh_tokens.get(token);
        let session = known.and_then(|known| self.sessions.get_mut(&known.session));
        match session.filter(|session| session.client_id == client_id) {
            Some(session) => {
                session.revoked = true;
                true
            }
            None => false,
        }
    }

    /// Ends all sessions of a user.
    pub(super) fn revoke_user(&mut self, username: &str) {
        let sessions = self.sessions.values_mut();
        for session in sessions.filter(|session| session.username == username) {
            session.revoked = true;
        }
    }

    /// The session with this `origin_jti`, and whether it was ended. `None` if it is not known.
    pub(super) fn is_revoked(&self, origin_jti: &str) -> Option<bool> {
        self.sessions.get(origin_jti).map(|session| session.revoked)
    }

    fn new_refresh_token(&mut self, session: &str) -> String {
        let token = super::token::refresh_token();
        let known = RefreshToken { session: session.to_owned(), usable_until: None };
        self.refresh_tokens.insert(token.clone(), known);
        token
    }
}
