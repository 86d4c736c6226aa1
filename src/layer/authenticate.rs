use std::future::Future;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Request, Response};
use tower_service::Service;

use super::future::{ResponseFuture, Verification};
use crate::rejection::{Cause, Challenge, Rejection};
use crate::{RespondToRejection, VerifyError};

/// What becomes of a request.
pub(crate) enum Decision<C> {
    /// It goes on, with its claims if it brought a token.
    Allow(Option<C>),
    Refuse(Rejection),
    /// Its key must be waited for.
    Wait(Verification),
}

/// How a kind of layer finds out who sent a request: the one way through [`CognitoLayer`] and what
/// other capabilities build in its manner.
///
/// [`CognitoLayer`]: crate::CognitoLayer
pub(crate) trait Authenticate: Send + Sync + Sized + 'static {
    type Claims: Clone + Send + Sync + 'static;

    /// Marks the headers that hold credentials, so that no log further in prints them.
    fn mark_sensitive(&self, headers: &mut HeaderMap);

    /// Leaves the mark by which extractors further in see that the layer is there.
    fn announce(&self, extensions: &mut Extensions);

    /// What the layer's rejections ask for.
    fn challenge(&self) -> &Challenge;

    /// Decides by the headers, as far as it goes without waiting.
    fn authenticate(self: &Arc<Self>, headers: &HeaderMap) -> Decision<Self::Claims>;

    /// Sends a request on with its claims, or not. `inner` was polled ready.
    fn call<S, R, B, P>(
        self: &Arc<Self>,
        inner: &mut S,
        mut request: Request<B>,
        respond: &R,
    ) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>, Response = Response<P>> + Clone,
        R: RespondToRejection<P>,
    {
        // Drop claims that an outer layer inserted: inside this layer only its own decision counts.
        request.extensions_mut().remove::<Self::Claims>();
        self.announce(request.extensions_mut());
        self.mark_sensitive(request.headers_mut());
        let respond = respond.for_request(&request);
        let challenge = self.challenge().clone();
        match self.authenticate(request.headers()) {
            Decision::Allow(claims) => {
                if let Some(claims) = claims {
                    request.extensions_mut().insert(claims);
                }
                ResponseFuture::forwarded(inner.call(request), challenge, respond)
            }
            Decision::Refuse(rejection) => {
                give_back(inner);
                ResponseFuture::rejected(rejection, challenge, respond)
            }
            Decision::Wait(verification) => {
                give_back(inner);
                let service = inner.clone();
                ResponseFuture::waiting(verification, request, service, challenge, respond)
            }
        }
    }

    /// Waits for a verification to end.
    fn wait<F>(self: &Arc<Self>, verification: F) -> Decision<Self::Claims>
    where
        F: Future<Output = Result<Self::Claims, VerifyError>> + Send + 'static,
    {
        let this = Arc::clone(self);
        Decision::Wait(Box::pin(async move {
            let claims = verification.await.map_err(|error| this.reject(Cause::Token(error)))?;
            let mut extensions = Extensions::new();
            extensions.insert(claims);
            Ok(extensions)
        }))
    }

    fn refuse(&self, cause: Cause) -> Decision<Self::Claims> {
        Decision::Refuse(self.reject(cause))
    }

    fn reject(&self, cause: Cause) -> Rejection {
        let rejection = Rejection::new(cause, self.challenge().clone());
        tracing::debug!(%rejection, "rejected a request");
        rejection
    }
}

/// Puts a clone in the place of the service that was polled ready.
///
/// `poll_ready` may have reserved a permit (`ConcurrencyLimit`, `Buffer`). Dropping the ready service
/// releases it.
fn give_back<S: Clone>(inner: &mut S) {
    *inner = inner.clone();
}
