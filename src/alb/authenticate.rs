use std::sync::Arc;

use http::{Extensions, HeaderMap, HeaderName};

use super::verifier::NotVerified;
use super::{AlbClaims, AlbVerifier};
use crate::VerifyError;
use crate::layer::{Authenticate, Decision};
use crate::rejection::{Cause, Challenge};
use crate::token::{BadCredentials, mark_sensitive, single};

const TOKEN: HeaderName = HeaderName::from_static("x-amzn-oidc-data");
/// The user's access token, which the load balancer adds beside its own.
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-amzn-oidc-accesstoken");

/// A scheme that is deliberately unregistered: no client will answer it with a token, as it would
/// answer `Bearer`.
const SCHEME: &str = "ALB";

/// Marks that an [`AlbLayer`](crate::AlbLayer) was there, and lets what comes further in answer with
/// its challenge.
#[derive(Clone, Debug)]
pub(super) struct AlbChallenge(pub(super) Challenge);

/// The settings of an [`AlbLayer`](crate::AlbLayer).
#[derive(Clone, Debug)]
pub(super) struct BehindAlb {
    pub(super) verifier: AlbVerifier,
    pub(super) optional: bool,
    pub(super) challenge: AlbChallenge,
}

impl BehindAlb {
    pub(super) fn new(verifier: AlbVerifier) -> Self {
        let challenge = AlbChallenge(Challenge::with_scheme(SCHEME));
        Self { verifier, optional: false, challenge }
    }
}

impl Authenticate for BehindAlb {
    type Claims = AlbClaims;

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        mark_sensitive(headers, &TOKEN);
        mark_sensitive(headers, &ACCESS_TOKEN);
    }

    fn announce(&self, extensions: &mut Extensions) {
        extensions.insert(self.challenge.clone());
    }

    fn challenge(&self) -> &Challenge {
        &self.challenge.0
    }

    fn authenticate(self: &Arc<Self>, headers: &HeaderMap) -> Decision<AlbClaims> {
        let token = match token(headers) {
            Ok(Some(token)) => token,
            Ok(None) if self.optional => return Decision::Allow(None),
            Ok(None) => return self.refuse(Cause::NoSignIn),
            Err(cause) => return self.refuse(cause),
        };
        match self.verifier.try_verify(token) {
            Ok(claims) => Decision::Allow(Some(claims)),
            Err(NotVerified::Refused(error)) => self.refuse(Cause::Token(error)),
            Err(NotVerified::NeedsKey(missing)) => {
                let (verifier, token) = (self.verifier.clone(), token.to_owned());
                self.wait(async move { verifier.verify_with(&token, &missing).await })
            }
        }
    }
}

/// The value of the one header, if it is there and not empty.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Cause> {
    let value =
        single(headers, &TOKEN).map_err(|_| Cause::Credentials(BadCredentials::Duplicate))?;
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Cause::Token(VerifyError::Base64))
}
