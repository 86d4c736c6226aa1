use std::sync::atomic::{AtomicBool, Ordering};

use super::audience::Audience;
use super::kind::Kind;
use super::payload::{Payload, read};
use crate::VerifyError;

/// Which `aud` of an access token is accepted. That of an ID token is its client.
#[derive(Debug, Default)]
pub(crate) struct AudiencePolicy {
    /// One of these; `None`: the token's own client, or no `aud` at all.
    pub(crate) accepted: Option<Vec<String>>,
    /// Whether machines need none: Cognito binds only users' tokens to a resource.
    pub(crate) machines_without: bool,
    /// Whether every `aud` is accepted: an app client looks into its own tokens, which are for other
    /// resources than itself.
    pub(crate) any: bool,
    /// Whether the log says already which setting is missing.
    explained: AtomicBool,
}

impl AudiencePolicy {
    /// Whether the token was made for this API (RFC 7519 §4.1.3, RFC 8707 §2.2).
    pub(super) fn check(&self, kind: &Kind<'_>, payload: &Payload<'_>) -> Result<(), VerifyError> {
        let Kind::Access { client_id, username, .. } = kind else { return Ok(()) };
        let aud = read::<Audience<'_>>("aud", payload.aud)?;
        if self.any {
            return Ok(());
        }
        let is_accepted = match (&self.accepted, &aud) {
            (None, None) => true,
            (None, Some(aud)) => aud.contains(client_id),
            (Some(accepted), Some(aud)) => accepted.iter().any(|accepted| aud.contains(accepted)),
            (Some(_), None) => {
                let is_machine = username.is_none() && payload.sub()? == &**client_id;
                self.machines_without && is_machine
            }
        };
        if is_accepted {
            return Ok(());
        }
        if self.accepted.is_none() && !self.explained.swap(true, Ordering::Relaxed) {
            // Once: whoever writes a token, even a forged one, can have it rejected here.
            tracing::warn!(
                "rejected an access token that is bound to another audience: if its `aud` names \
                 this API, call `audience` on the builder of the verifier",
            );
        }
        Err(VerifyError::Audience)
    }
}
