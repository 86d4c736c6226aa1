use std::sync::Arc;

use http::{Extensions, HeaderMap};

use super::future::Verification;
use super::verdict::Verdict;
use crate::rejection::{Cause, Challenge, Rejection};
use crate::verifier::{Pending, Wanted};
use crate::{CognitoClaims, CognitoVerifier, TokenSource};

/// What a layer goes by.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) verifier: CognitoVerifier,
    pub(super) optional: bool,
    pub(super) sources: Vec<TokenSource>,
    pub(super) challenge: Challenge,
}

impl Settings {
    pub(super) fn new(verifier: CognitoVerifier) -> Self {
        let (sources, mut challenge) = (vec![TokenSource::bearer()], Challenge::default());
        challenge.set_clock(verifier.clock());
        Self { verifier, optional: false, sources, challenge }
    }

    /// Marks all that may hold credentials, `Authorization` always: other schemes have secrets too.
    pub(super) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        TokenSource::bearer().mark_sensitive(headers);
        self.sources.iter().for_each(|source| source.mark_sensitive(headers));
    }

    /// Judges a request by its headers, as far as it goes without waiting.
    pub(super) fn judge(self: &Arc<Self>, headers: &HeaderMap) -> Verdict<CognitoClaims> {
        let found = self.sources.iter().find_map(|source| source.find(headers).transpose());
        let token = match found {
            Some(Ok(token)) => token,
            Some(Err(bad)) => return Verdict::Refused(self.refuse(Cause::Credentials(bad))),
            None if self.optional => return Verdict::Passed(None),
            None => return Verdict::Refused(self.refuse(Cause::NoToken)),
        };
        match self.verifier.try_verify(token) {
            Ok(claims) => Verdict::Passed(Some(claims)),
            Err(Pending::Refused(error)) => Verdict::Refused(self.refuse(Cause::Token(error))),
            Err(Pending::Key(wanted)) => Verdict::Waiting(self.wait(token.to_owned(), wanted)),
        }
    }

    fn wait(self: &Arc<Self>, token: String, wanted: Wanted) -> Verification {
        let settings = Arc::clone(self);
        Box::pin(async move {
            let verified = settings.verifier.verify_with(&token, &wanted).await;
            let claims = verified.map_err(|error| settings.refuse(Cause::Token(error)))?;
            let mut extensions = Extensions::new();
            extensions.insert(claims);
            Ok(extensions)
        })
    }

    pub(super) fn refuse(&self, cause: Cause) -> Rejection {
        let rejection = Rejection::new(cause, self.challenge.clone());
        tracing::debug!(%rejection, "refused a request");
        rejection
    }
}
