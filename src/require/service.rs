use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::Require;
use crate::{DefaultResponse, Rejection, RespondToRejection};

/// The service of [`Require`].
#[derive(Clone, Debug)]
pub struct RequireService<S> {
    inner: S,
    require: Arc<Require>,
}

impl<S> RequireService<S> {
    pub(super) fn new(inner: S, require: Arc<Require>) -> Self {
        Self { inner, require }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequireService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    DefaultResponse: RespondToRejection<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let state = match self.require.check(request.extensions()) {
            Ok(()) => State::Forwarded { future: self.inner.call(request) },
            Err(rejection) => {
                // What was polled ready may hold a place, of a limit or a buffer: give it back.
                self.inner = self.inner.clone();
                State::Refused { rejection }
            }
        };
        RequireFuture { state }
    }
}

pin_project! {
    /// The future of [`RequireService`].
    #[derive(Debug)]
    pub struct RequireFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F> {
        Forwarded { #[pin] future: F },
        Refused { rejection: Rejection },
    }
}

impl<F, E, B> Future for RequireFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    DefaultResponse: RespondToRejection<B>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().state.project() {
            StateProjection::Forwarded { future } => ready!(future.poll(cx)),
            StateProjection::Refused { rejection } => {
                Ok(rejection.answer_with(&DefaultResponse::default()))
            }
        })
    }
}
