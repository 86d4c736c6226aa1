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
                // What was polled ready may hold a place, of a limit or a buffer: give it back.
                drop(take_ready(inner));
                ResponseFuture::refused(rejection, challenge, respond)
            }
            Self::Waiting(verification) => ResponseFuture::waiting(
                verification,
                request,
                take_ready(inner),
                challenge,
                respond,
            ),
        }
    }
}

/// The service that was polled ready; a clone that was not takes its place.
fn take_ready<S: Clone>(inner: &mut S) -> S {
    let clone = inner.clone();
    std::mem::replace(inner, clone)
}
