use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::WWW_AUTHENTICATE;
use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::respond::RespondToRejection;
use crate::rejection::{Challenge, Rejection};

/// A verification that waits for a key; it brings what the request's extensions get.
pub(crate) type Verification = Pin<Box<dyn Future<Output = Result<Extensions, Rejection>> + Send>>;

pin_project! {
    /// The future of [`CognitoService`](crate::CognitoService).
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
        challenge: Challenge,
        respond: R,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F, B> {
        Waiting {
            verification: Verification,
            request: Option<Request<B>>,
            service: S,
        },
        Forwarded {
            #[pin]
            future: F,
        },
        Refused {
            rejection: Rejection,
        },
    }
}

impl<S: Service<Request<B>>, R, B> ResponseFuture<S, R, B> {
    pub(super) fn forwarded(future: S::Future, challenge: Challenge, respond: R) -> Self {
        Self { state: State::Forwarded { future }, challenge, respond }
    }

    pub(super) fn refused(rejection: Rejection, challenge: Challenge, respond: R) -> Self {
        Self { state: State::Refused { rejection }, challenge, respond }
    }

    pub(super) fn waiting(
        verification: Verification,
        request: Request<B>,
        service: S,
        challenge: Challenge,
        respond: R,
    ) -> Self {
        let request = Some(request);
        Self { state: State::Waiting { verification, request, service }, challenge, respond }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RespondToRejection<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Waiting { verification, request, service } => {
                    let verified = ready!(verification.as_mut().poll(cx));
                    match (verified, request.take()) {
                        (Ok(claims), Some(mut request)) => {
                            request.extensions_mut().extend(claims);
                            State::Forwarded { future: service.call(request) }
                        }
                        (Err(rejection), _) => State::Refused { rejection },
                        // The request is there until this state is left.
                        (Ok(_), None) => return Poll::Pending,
                    }
                }
                StateProjection::Forwarded { future } => {
                    let response = ready!(future.poll(cx))?;
                    return Poll::Ready(Ok(answer_inner(this.respond, this.challenge, response)));
                }
                StateProjection::Refused { rejection } => {
                    return Poll::Ready(Ok(answer(this.respond, rejection.clone())));
                }
            };
            this.state.set(next);
        }
    }
}

impl<S: Service<Request<B>>, R, B> fmt::Debug for ResponseFuture<S, R, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

fn answer<R: RespondToRejection<B>, B>(respond: &R, rejection: Rejection) -> Response<B> {
    let response = respond.respond(rejection.clone());
    rejection.complete(response)
}

/// The response from inside; if it is a refusal by `Require`, an extractor or a handler, in this
/// layer's form and with its challenge.
fn answer_inner<R: RespondToRejection<B>, B>(
    respond: &R,
    challenge: &Challenge,
    mut response: Response<B>,
) -> Response<B> {
    let status = response.status();
    let Some(rejection) = response.extensions_mut().get_mut::<Rejection>() else {
        return response;
    };
    if rejection.is_answered() {
        return response;
    }
    tracing::debug!(%rejection, "refused a request");
    if rejection.status() != status {
        // Changed on purpose, to hide that something is there or to answer otherwise.
        rejection.mark_answered();
        return response;
    }
    let challenge = rejection.complete_challenge(challenge);
    if respond.replaces() {
        let rejection = rejection.clone();
        return answer(respond, rejection);
    }
    rejection.mark_answered();
    if let Some(challenge) = challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
