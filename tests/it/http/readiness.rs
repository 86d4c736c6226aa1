//! The contract of `Service::poll_ready`: the inner service is called only when it was ready.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use axum_cognito::testing::{TestLoadBalancer, TestPool};
use axum_cognito::{AlbLayer, CognitoLayer, Require};
use http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt};

use crate::common::{late_keys, requests};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

/// Panics when it is called without having been ready; a clone is not ready.
#[derive(Default)]
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl Service<Request<()>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(mem::take(&mut self.ready), "called without having been ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new("in".to_owned())))
    }
}

/// Never ready, or broken.
#[derive(Clone)]
struct Unready(Poll<Result<(), &'static str>>);

impl Service<Request<()>> for Unready {
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.0
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        panic!("called without having been ready")
    }
}

/// Ready, until it breaks.
#[derive(Clone)]
struct Breakable {
    broken: Arc<AtomicBool>,
}

impl Service<Request<()>> for Breakable {
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(if self.broken.load(Ordering::SeqCst) { Err("broken") } else { Ok(()) })
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new("in".to_owned())))
    }
}

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client"))
}

fn good() -> Request<()> {
    requests::good(&POOL)
}

fn forged() -> Request<()> {
    requests::forged(&POOL)
}

async fn status<S>(service: &mut S, request: Request<()>) -> StatusCode
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let service = service.ready().await.expect("never fails");
    service.call(request).await.expect("never fails").status()
}

/// Polls once, and expects that it is not enough.
fn expect_pending(future: impl Future) {
    assert!(pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[tokio::test]
async fn a_ready_service_is_called_for_each_request() {
    let mut service = layer().layer(Strict::default());
    for _ in 0..3 {
        assert_eq!(status(&mut service, good()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_request_that_waited_for_keys_reaches_a_service_that_was_ready() {
    let (layer, gate) = late_keys::layer(&POOL);
    let mut service = layer.layer(Strict::default());
    let mut answer = pin!(status(&mut service, good()));
    expect_pending(answer.as_mut());
    gate.add_permits(1);
    assert_eq!(answer.await, StatusCode::OK);
}

#[tokio::test]
async fn a_service_that_fails_while_a_request_waits_for_keys_says_so_to_that_request() {
    let (layer, gate) = late_keys::layer(&POOL);
    let broken = Arc::new(AtomicBool::new(false));
    let mut service = layer.layer(Breakable { broken: Arc::clone(&broken) });
    let answer = service.ready().await.expect("ready").call(good());
    broken.store(true, Ordering::SeqCst);
    gate.add_permits(1);
    assert_eq!(answer.await.err(), Some("broken"));
}

#[tokio::test]
async fn a_service_takes_requests_while_another_waits_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    let mut service = layer.layer(Strict::default());
    let first = service.ready().await.expect("never fails").call(good());
    let second = service.ready().await.expect("never fails").call(good());
    gate.add_permits(1);
    for answer in [first.await, second.await, service.oneshot(good()).await] {
        assert_eq!(answer.expect("never fails").status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service() {
    let inner = Strict::default();
    let mut service = layer().layer(inner.clone());
    assert_eq!(status(&mut service, forged()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(inner.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_request_that_is_refused_after_a_wait_never_reaches_the_service() {
    let (layer, gate) = late_keys::layer(&POOL);
    let inner = Strict::default();
    let mut service = layer.layer(inner.clone());
    gate.add_permits(1);
    assert_eq!(status(&mut service, forged()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(inner.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_request_that_is_dropped_while_it_waits_never_reaches_the_service() {
    let (layer, gate) = late_keys::layer(&POOL);
    let inner = Strict::default();
    let mut service = layer.layer(inner.clone());
    expect_pending(status(&mut service, good()));
    gate.add_permits(1);
    assert_eq!(status(&mut service, good()).await, StatusCode::OK);
    assert_eq!(inner.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_layer_is_not_ready_before_the_service_is() {
    let mut service = layer().layer(Unready(Poll::Pending));
    expect_pending(service.ready());
}

#[tokio::test]
async fn a_service_that_cannot_be_ready_says_so_through_the_layer() {
    let mut service = layer().layer(Unready(Poll::Ready(Err("broken"))));
    assert_eq!(service.ready().await.err(), Some("broken"));
}

#[tokio::test]
async fn the_layer_behind_a_load_balancer_is_not_ready_before_the_service_is() {
    let layer = AlbLayer::new(TestLoadBalancer::offline().verifier("app"));
    expect_pending(layer.layer(Unready(Poll::Pending)).ready());
    let mut service = layer.layer(Unready(Poll::Ready(Err("broken"))));
    assert_eq!(service.ready().await.err(), Some("broken"));
}

#[tokio::test]
async fn require_calls_a_ready_service_for_each_request() {
    let mut service = layer().layer(Require::when(|_| true).layer(Strict::default()));
    for _ in 0..3 {
        assert_eq!(status(&mut service, good()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn require_is_not_ready_before_the_service_is() {
    let mut service = Require::group("admins").layer(Unready(Poll::Pending));
    expect_pending(service.ready());
}

#[tokio::test]
async fn require_passes_on_that_a_service_cannot_be_ready() {
    let mut service = Require::group("admins").layer(Unready(Poll::Ready(Err("broken"))));
    assert_eq!(service.ready().await.err(), Some("broken"));
}

#[tokio::test]
async fn what_require_refuses_never_reaches_the_service() {
    let inner = Strict::default();
    let mut service = layer().layer(Require::group("admins").layer(inner.clone()));
    assert_eq!(status(&mut service, good()).await, StatusCode::FORBIDDEN);
    assert_eq!(inner.calls.load(Ordering::SeqCst), 0);
}
