use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::authenticate::BehindAlb;
use crate::layer::{Authenticate as _, ResponseFuture};
use crate::rejection::RespondToRejection;

/// The service of [`AlbLayer`](crate::AlbLayer).
#[derive(Clone)]
pub struct AlbService<S, R> {
    inner: S,
    settings: Arc<BehindAlb>,
    respond: R,
}

impl<S, R> AlbService<S, R> {
    pub(super) fn new(inner: S, settings: Arc<BehindAlb>, respond: R) -> Self {
        Self { inner, settings, respond }
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for AlbService<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    R: RespondToRejection<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        self.settings.call(&mut self.inner, request, &self.respond)
    }
}

impl<S: fmt::Debug, R> fmt::Debug for AlbService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbService")
            .field("inner", &self.inner)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
