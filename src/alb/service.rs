use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::AlbClaims;
use super::authenticate::Settings;
use crate::layer::ResponseFuture;
use crate::rejection::RespondToRejection;

/// The service of [`AlbLayer`](crate::AlbLayer).
#[derive(Clone)]
pub struct AlbService<S, R> {
    inner: S,
    settings: Arc<Settings>,
    respond: R,
}

impl<S, R> AlbService<S, R> {
    pub(super) fn new(inner: S, settings: Arc<Settings>, respond: R) -> Self {
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

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // Whatever stands there, another layer put there: only this one's verdict counts inside.
        request.extensions_mut().remove::<AlbClaims>();
        request.extensions_mut().insert(self.settings.layer.clone());
        Settings::mark_sensitive(request.headers_mut());
        let verdict = self.settings.judge(request.headers());
        let challenge = self.settings.layer.0.clone();
        verdict.carry_out(&mut self.inner, request, challenge, self.respond.clone())
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
