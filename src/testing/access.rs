use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::backend::Backend;
use super::user::TestUser;

/// An access token that the pool itself was shown, and its user.
pub(super) struct Access {
    pub(super) user: TestUser,
    claims: Map<String, Value>,
}

/// Why the pool does not take its access token back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccessError {
    /// Not an access token of a user that this pool has signed.
    Invalid,
    Expired,
    /// Its sign-in was ended.
    Revoked,
    UserDisabled,
    UserUnknown,
}

impl Access {
    /// The token with the pool's own signature, as long as it is good for the pool.
    pub(super) fn of(backend: &Arc<Backend>, token: &str) -> Result<Self, AccessError> {
        let claims = claims(backend, token).ok_or(AccessError::Invalid)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let seconds = |name: &str| claims.get(name).and_then(Value::as_u64);
        let issuer = backend.pool.issuers().first().map(String::as_str);
        let (Some(username), Some("access")) = (text("username"), text("token_use")) else {
            return Err(AccessError::Invalid);
        };
        if text("iss") != issuer {
            return Err(AccessError::Invalid);
        }
        if seconds("exp").is_none_or(|exp| backend.now().as_secs() >= exp) {
            return Err(AccessError::Expired);
        }
        let mut directory = backend.directory();
        let known = text("origin_jti").and_then(|id| directory.sessions.is_revoked(id));
        let Some(user) = directory.user(username) else {
            return Err(AccessError::UserUnknown);
        };
        // A token that the test made belongs to no session: its time decides.
        let issued = seconds("iat").unwrap_or_default();
        let after = user.signed_out_at.is_none_or(|at| issued > at.as_secs());
        if !user.enabled {
            Err(AccessError::UserDisabled)
        } else if known.unwrap_or(!after) {
            Err(AccessError::Revoked)
        } else {
            let user = user.profile.clone();
            drop(directory);
            Ok(Self { user, claims })
        }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        let scopes = self.claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        scopes.split(' ').any(|own| own == scope)
    }
}

/// The claims of a token that the pool has signed with the key of its access tokens.
fn claims(backend: &Backend, token: &str) -> Option<Map<String, Value>> {
    let (header, rest) = token.split_once('.')?;
    let (payload, _) = rest.split_once('.')?;
    let [header, payload] = [header, payload].map(|part| {
        URL_SAFE_NO_PAD.decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    });
    let (header, payload) = (header?, payload?);
    // RS256 signs the same bytes to the same signature (RFC 8017 §8.2.1).
    (backend.endpoint.keys().access.sign(&header, &payload) == token)
        .then(|| serde_json::from_str(&payload).ok())?
}
