//! The answer to one request. Two questions are settled here.
//!
//! # The states
//!
//! ```text
//!                   verified                  ready
//! Waiting (a key) ───────────▶ Waiting (turn) ──────▶ Forwarded ──▶ the inner answer
//!        │ rejected                  │ error
//!        ▼                           ▼
//!     Rejected ──▶ an answer      the error
//! ```
//!
//! A request whose key is known starts as `Forwarded` or `Rejected`. One that waits for a key holds
//! no place of the inner service: the service that was polled ready was dropped, and with it the
//! permit of a `ConcurrencyLimit` or the slot of a `Buffer`. It keeps a clone, which is not ready
//! (`tower::Service`: a clone need not be), so after the verification that clone is polled until it
//! is, and then called.
//!
//! # Who answers a rejection last
//!
//! A rejection may be made by this layer, or further in: by `Require`, an extractor, a handler or
//! another layer of this crate. It travels in the extensions of its response. Of all layers around
//! it exactly one answers it, the innermost, and marks it as answered:
//!
//! 1. An answered rejection passes: an inner layer's answer stands.
//! 2. A response whose status is not the rejection's was changed on purpose (a 404 that hides what
//!    is there): it passes, marked.
//! 3. A rejection without a challenge, as a handler makes it, takes this layer's.
//! 4. With `on_rejection`, the answer is made again, and keeps what layers in between added to the
//!    old one: the headers that the new one lacks, but for those that describe the old body or were
//!    the old answer's own. By default the response keeps its form and gets the challenge of 3.
//!
//! In every case the rejection stays in the extensions, for a log outside.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED,
    LINK, SET_COOKIE, TRAILER, TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::rejection::{Cause, Challenge, Rejection};
use crate::{RespondToRejection, VerifyError};

/// A verification that waits for a key; it brings what the request's extensions get.
pub(super) type Verification = Pin<Box<dyn Future<Output = Result<Extensions, Rejection>> + Send>>;

/// Said of a request whose verification has not ended.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What describes the body of a response (RFC 9110 §8, §14.3, RFC 9112 §6.1): it goes with the body.
const OF_THE_BODY: [HeaderName; 13] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    HeaderName::from_static("content-digest"),
    LAST_MODIFIED,
    TRAILER,
    TRANSFER_ENCODING,
];

/// What a response may hold several of, each for itself: an answer that has one may lack others.
const LISTS: [HeaderName; 3] = [LINK, SET_COOKIE, VARY];

pin_project! {
    /// The future of [`CognitoService`](crate::CognitoService).
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<B>>,
    {
        // Boxed, so that a request that waits for nothing does not carry its size.
        waiting: Option<Box<Waiting<S, B>>>,
        #[pin]
        state: State<S::Future>,
        challenge: Challenge,
        respond: R,
    }
}

/// A request that is not sent yet: first its key is waited for, then its turn.
struct Waiting<S, B> {
    verification: Option<Verification>,
    request: Request<B>,
    service: S,
}

/// Why a request that waited is not sent.
enum NotSent<E> {
    Rejected(Rejection),
    Failed(E),
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Forwarded {
            #[pin]
            future: F,
        },
        Rejected {
            rejection: Rejection,
        },
    }
}

impl<S: Service<Request<B>>, R, B> ResponseFuture<S, R, B> {
    pub(super) fn forwarded(future: S::Future, challenge: Challenge, respond: R) -> Self {
        Self { waiting: None, state: State::Forwarded { future }, challenge, respond }
    }

    pub(super) fn rejected(rejection: Rejection, challenge: Challenge, respond: R) -> Self {
        Self { waiting: None, state: State::Rejected { rejection }, challenge, respond }
    }

    /// `service` need not be ready. Until it is called, the answer would be a rejection.
    pub(super) fn waiting(
        verification: Verification,
        request: Request<B>,
        service: S,
        challenge: Challenge,
        respond: R,
    ) -> Self {
        let waiting = Waiting { verification: Some(verification), request, service };
        let unsettled = Cause::Token(VerifyError::KeysUnavailable { retry_after: RETRY_AFTER });
        let state = State::Rejected { rejection: Rejection::new(unsettled, challenge.clone()) };
        Self { waiting: Some(Box::new(waiting)), state, challenge, respond }
    }
}

impl<S: Service<Request<B>>, B> Waiting<S, B> {
    /// Polls the verification, and then the service until it is ready for the request.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NotSent<S::Error>>> {
        if let Some(verification) = &mut self.verification {
            let verified = ready!(verification.as_mut().poll(cx));
            self.verification = None;
            match verified {
                Ok(extensions) => self.request.extensions_mut().extend(extensions),
                Err(rejection) => return Poll::Ready(Err(NotSent::Rejected(rejection))),
            }
        }
        self.service.poll_ready(cx).map_err(NotSent::Failed)
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
        let settled = match this.waiting.as_mut() {
            Some(waiting) => ready!(waiting.poll(cx)),
            None => Ok(()),
        };
        if let Some(mut waiting) = this.waiting.take() {
            match settled {
                Ok(()) => {
                    let future = waiting.service.call(waiting.request);
                    this.state.set(State::Forwarded { future });
                }
                Err(NotSent::Rejected(rejection)) => this.state.set(State::Rejected { rejection }),
                Err(NotSent::Failed(error)) => return Poll::Ready(Err(error)),
            }
        }
        match this.state.project() {
            StateProjection::Forwarded { future } => {
                let response = ready!(future.poll(cx))?;
                Poll::Ready(Ok(answer_inner(this.respond, this.challenge, response)))
            }
            StateProjection::Rejected { rejection } => {
                Poll::Ready(Ok(answer(this.respond, rejection.clone())))
            }
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

/// The response from inside; if it is a rejection that no layer has answered, in this layer's form
/// and with its challenge.
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
    tracing::debug!(%rejection, "rejected a request");
    if rejection.status() != status {
        // Changed on purpose, to hide that something is there or to answer otherwise.
        rejection.mark_answered();
        return response;
    }
    let challenge = rejection.complete_challenge(challenge);
    if respond.overrides_inner() {
        let rejection = rejection.clone();
        let replaced = response.headers();
        let own = rejection.headers();
        let mut answer = answer(respond, rejection);
        keep_what_is_missing(answer.headers_mut(), replaced, &own);
        return answer;
    }
    rejection.mark_answered();
    if let Some(challenge) = challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Adds to an answer the headers that layers in between gave to the one it replaces.
///
/// `own` are those that the replaced answer had as a rejection: the new one has them too, or another
/// status for which they would be wrong.
fn keep_what_is_missing(answer: &mut HeaderMap, replaced: &HeaderMap, own: &HeaderMap) {
    let mut kept = HeaderMap::new();
    for (name, value) in replaced {
        if OF_THE_BODY.contains(name) || own.contains_key(name) {
            continue;
        }
        let is_missing = if LISTS.contains(name) {
            !answer.get_all(name).iter().any(|own| own == value)
        } else {
            !answer.contains_key(name)
        };
        if is_missing {
            kept.append(name, value.clone());
        }
    }
    for (name, value) in &kept {
        answer.append(name, value.clone());
    }
}
