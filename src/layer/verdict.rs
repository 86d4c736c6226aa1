use http::Request;
use tower_service::Service;

use super::future::{ResponseFuture, Verification};
use crate::rejection::{Challenge, Rejection};

/// What becomes of a request.
pub(crate) enum Verdict<C> {
    Passed(Option<C>),
    Refused(Rejection),
    /// A key must be waited for.
    Waiting(Verification),
}

impl<C: Clone + Send + Sync + 'static> Verdict<C> {
    /// Sends the request on with its claims, or not. `inner` was polled ready.
    pub(crate) fn carry_out<S, R, B>(
        self,
        inner: &mut S,
        mut request: Request<B>,
        challenge: Challenge,
        respond: R,
    ) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>> + Clone,
    {
        match self {
            Self::Passed(claims) => {
                if let Some(claims) = claims {
                    request.extensions_mut().insert(claims);
                }
                ResponseFuture::forwarded(inner.call(request), challenge, respond)
            }
            Self::Refused(rejection) => {
                give_back(inner);
                ResponseFuture::rejected(rejection, challenge, respond)
            }
            Self::Waiting(verification) => {
                give_back(inner);
                let service = inner.clone();
                ResponseFuture::waiting(verification, request, service, challenge, respond)
            }
        }
    }
}

/// Puts a clone in the place of the service that was polled ready.
///
/// `poll_ready` may have reserved a permit (`ConcurrencyLimit`, `Buffer`). Dropping the ready service
/// releases it.
fn give_back<S: Clone>(inner: &mut S) {
    *inner = inner.clone();
}
