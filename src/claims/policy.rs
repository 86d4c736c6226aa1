use super::audience_policy::AudiencePolicy;
use super::kind::Kind;
use super::payload::Payload;
use super::times::{TimePolicy, Times};
use crate::{ClientIds, TokenUse, VerifyError};

/// What a verifier asks of a token's claims, as a pure function of the claims and the time.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) token_use: TokenUse,
    pub(crate) audience: AudiencePolicy,
    pub(crate) times: TimePolicy,
}

/// A payload whose claims are in order: all that is left to prove is the signature.
#[derive(Debug)]
pub(crate) struct Accepted<'a> {
    pub(super) payload: Payload<'a>,
    pub(super) kind: Kind<'a>,
    pub(super) times: Times,
}

impl Policy {
    /// Checks the claims of a token from a trusted issuer: kind, client, audience, dates.
    pub(crate) fn check<'a>(
        &self,
        payload: Payload<'a>,
        clients: &ClientIds,
        now: std::time::Duration,
    ) -> Result<Accepted<'a>, VerifyError> {
        let token_use = payload.token_use(self.token_use)?;
        if !self.token_use.accepts(token_use) {
            return Err(VerifyError::TokenUse(self.token_use));
        }
        let kind = Kind::read(&payload, token_use)?;
        if !clients.accept(kind.client_id()) {
            return Err(VerifyError::Client);
        }
        self.audience.check(&kind, &payload)?;
        payload.sub()?;
        let times = payload.times()?;
        self.times.check(&times, now)?;
        Ok(Accepted { payload, kind, times })
    }
}
