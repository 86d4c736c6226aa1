use std::sync::Arc;

use http::{Extensions, HeaderMap};

use super::authenticate::{Authenticate, Decision};
use crate::rejection::{Cause, Challenge};
use crate::verifier::NotVerified;
use crate::{CognitoClaims, CognitoVerifier, TokenSource, token};

/// The settings of a [`CognitoLayer`](crate::CognitoLayer): a token of a user pool, from one of its
/// sources.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    pub(super) verifier: CognitoVerifier,
    pub(super) optional: bool,
    pub(super) challenge: Challenge,
}

impl Bearer {
    pub(super) fn new(verifier: CognitoVerifier) -> Self {
        let mut challenge = Challenge::default();
        challenge.set_clock(verifier.clock());
        challenge.set_sources(Arc::new([TokenSource::bearer()]));
        Self { verifier, optional: false, challenge }
    }
}

impl Authenticate for Bearer {
    type Claims = CognitoClaims;

    /// `Authorization` always: other schemes have secrets too.
    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        TokenSource::bearer().mark_sensitive(headers);
        self.challenge.sources().iter().for_each(|source| source.mark_sensitive(headers));
    }

    fn announce(&self, extensions: &mut Extensions) {
        extensions.insert(self.challenge.clone());
    }

    fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    fn authenticate(self: &Arc<Self>, headers: &HeaderMap) -> Decision<CognitoClaims> {
        if self.optional && !token::are_possible(self.challenge.sources()) {
            return self.refuse(Cause::MissingLayer);
        }
        let token = match token::find(self.challenge.sources(), headers) {
            Some(Ok(token)) => token,
            Some(Err(bad)) => return self.refuse(Cause::Credentials(bad)),
            None if self.optional => return Decision::Allow(None),
            None => return self.refuse(Cause::NoToken),
        };
        match self.verifier.try_verify(token) {
            Ok(claims) => Decision::Allow(Some(claims)),
            Err(NotVerified::Refused(error)) => self.refuse(Cause::Token(error)),
            Err(NotVerified::NeedsKey(missing)) => {
                let (verifier, token) = (self.verifier.clone(), token.to_owned());
                self.wait(async move { verifier.verify_with(&token, &missing).await })
            }
            Err(NotVerified::NeedsRevocations) => {
                let (verifier, token) = (self.verifier.clone(), token.to_owned());
                self.wait(async move { verifier.verify_with_revocations(&token).await })
            }
        }
    }
}
