use std::sync::Arc;

use http::{Extensions, HeaderMap, HeaderName};

use super::verifier::{AlbPending, WantedAlbKey};
use super::{AlbClaims, AlbVerifier};
use crate::AlbVerifyError;
use crate::layer::{Verdict, Verification};
use crate::rejection::{Cause, Challenge, Rejection};
use crate::token::{BadCredentials, mark_sensitive, single};

const DATA: HeaderName = HeaderName::from_static("x-amzn-oidc-data");
/// The access token, which the load balancer adds beside.
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-amzn-oidc-accesstoken");

/// Marks that an [`AlbLayer`](crate::AlbLayer) was there, and lets what comes further in answer with
/// its challenge.
#[derive(Clone, Debug)]
pub(crate) struct BehindLoadBalancer(pub(crate) Challenge);

/// What a layer goes by.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) verifier: AlbVerifier,
    pub(super) optional: bool,
    pub(super) layer: BehindLoadBalancer,
}

impl Settings {
    pub(super) fn new(verifier: AlbVerifier) -> Self {
        let layer = BehindLoadBalancer(Challenge::load_balancer());
        Self { verifier, optional: false, layer }
    }

    /// Marks what the load balancer adds, so that no log further in prints it.
    pub(super) fn mark_sensitive(headers: &mut HeaderMap) {
        mark_sensitive(headers, &DATA);
        mark_sensitive(headers, &ACCESS_TOKEN);
    }

    /// Judges a request by its headers, as far as it goes without waiting.
    pub(super) fn judge(self: &Arc<Self>, headers: &HeaderMap) -> Verdict<AlbClaims> {
        let data = match data(headers) {
            Ok(Some(data)) => data,
            Ok(None) if self.optional => return Verdict::Passed(None),
            Ok(None) => return Verdict::Refused(self.refuse(Cause::NoData)),
            Err(cause) => return Verdict::Refused(self.refuse(cause)),
        };
        match self.verifier.try_verify(data) {
            Ok(claims) => Verdict::Passed(Some(claims)),
            Err(AlbPending::Refused(error)) => Verdict::Refused(self.refuse(Cause::Data(error))),
            Err(AlbPending::Key(wanted)) => Verdict::Waiting(self.wait(data.to_owned(), wanted)),
        }
    }

    fn wait(self: &Arc<Self>, data: String, wanted: WantedAlbKey) -> Verification {
        let settings = Arc::clone(self);
        Box::pin(async move {
            let verified = settings.verifier.verify_with(&data, &wanted).await;
            let claims = verified.map_err(|error| settings.refuse(Cause::Data(error)))?;
            let mut extensions = Extensions::new();
            extensions.insert(claims);
            Ok(extensions)
        })
    }

    fn refuse(&self, cause: Cause) -> Rejection {
        let rejection = Rejection::new(cause, self.layer.0.clone());
        tracing::debug!(%rejection, "refused a request");
        rejection
    }
}

/// The value of the one header, if it is there and not empty.
fn data(headers: &HeaderMap) -> Result<Option<&str>, Cause> {
    let value =
        single(headers, &DATA).map_err(|_| Cause::Credentials(BadCredentials::Duplicate))?;
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Cause::Data(AlbVerifyError::Base64))
}
