use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::authenticate::Authenticate as _;
use super::bearer::Bearer;
use super::future::ResponseFuture;
use crate::RespondToRejection;

/// The service of [`CognitoLayer`](crate::CognitoLayer).
#[derive(Clone)]
pub struct CognitoService<S, R> {
    inner: S,
    settings: Arc<Bearer>,
    respond: R,
}

impl<S, R> CognitoService<S, R> {
    pub(super) fn new(inner: S, settings: Arc<Bearer>, respond: R) -> Self {
        Self { inner, settings, respond }
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for CognitoService<S, R>
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

impl<S: fmt::Debug, R> fmt::Debug for CognitoService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoService")
            .field("inner", &self.inner)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
