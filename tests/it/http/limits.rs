//! `ConcurrencyLimit` and `Buffer`, inside and outside of the layer.

use std::convert::Infallible;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum_cognito::testing::{TestLoadBalancer, TestPool};
use axum_cognito::{AlbLayer, CognitoClaims, CognitoLayer};
use http::{Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::common::endpoint::Endpoint;
use crate::common::pools::{self, keys_at, verifier};
use crate::common::{answers, late_keys, requests};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn good() -> Request<()> {
    requests::good(&POOL)
}

fn forged() -> Request<()> {
    requests::forged(&POOL)
}

/// A service that takes a while, and knows how many requests were in it at a time.
#[derive(Clone, Default)]
struct Slow {
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Slow {
    async fn answer(self, request: Request<()>) -> Result<Response<String>, Infallible> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let claims = request.extensions().get::<CognitoClaims>().expect("claims");
        Ok(Response::new(claims.username().unwrap_or(claims.sub()).to_owned()))
    }

    fn into_service(
        self,
    ) -> impl Service<
        Request<()>,
        Response = Response<String>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static {
        service_fn(move |request| self.clone().answer(request))
    }
}

/// The statuses of 20 requests that come at once, to clones of this service.
async fn ask_at_once<S, E>(service: S, gate: &Semaphore) -> Vec<StatusCode>
where
    S: Service<Request<()>, Response = Response<String>, Error = E>,
    S: Clone + Send + 'static,
    S::Future: Send,
    E: std::fmt::Debug + Send + 'static,
{
    let requests = (0..20).map(|_| tokio::spawn(service.clone().oneshot(good())));
    let requests: Vec<_> = requests.collect();
    // Lets every request begin, and wait for the keys.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    let statuses = async {
        let mut statuses = Vec::new();
        for request in requests {
            statuses.push(request.await.expect("no panic").expect("an answer").status());
        }
        statuses
    };
    // The clock stands still, and runs to this end at once if all wait for each other.
    tokio::time::timeout(Duration::from_secs(3600), statuses).await.expect("no deadlock")
}

#[tokio::test(start_paused = true)]
async fn a_limit_inside_holds_for_requests_that_wait_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    let slow = Slow::default();
    let service = ServiceBuilder::new().layer(layer).layer(ConcurrencyLimitLayer::new(3));
    let statuses = ask_at_once(service.service(slow.clone().into_service()), &gate).await;
    assert_eq!(statuses, [StatusCode::OK; 20]);
    assert_eq!(slow.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_limit_outside_holds_for_requests_that_wait_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    let slow = Slow::default();
    let service = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(3)).layer(layer);
    let statuses = ask_at_once(service.service(slow.clone().into_service()), &gate).await;
    assert_eq!(statuses, [StatusCode::OK; 20]);
    assert_eq!(slow.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_buffer_inside_takes_requests_that_wait_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    let service = ServiceBuilder::new().layer(layer).layer(BufferLayer::new(2));
    let statuses = ask_at_once(service.service(Slow::default().into_service()), &gate).await;
    assert_eq!(statuses, [StatusCode::OK; 20]);
}

#[tokio::test(start_paused = true)]
async fn a_buffer_outside_takes_requests_that_wait_for_keys() {
    let (layer, gate) = late_keys::layer(&POOL);
    let service = ServiceBuilder::new().layer(BufferLayer::new(2)).layer(layer);
    let statuses = ask_at_once(service.service(Slow::default().into_service()), &gate).await;
    assert_eq!(statuses, [StatusCode::OK; 20]);
}

#[tokio::test(start_paused = true)]
async fn a_buffer_and_a_limit_inside_take_requests_with_keys_at_hand() {
    let layer = CognitoLayer::new(POOL.verifier("test-client"));
    let service = ServiceBuilder::new().layer(layer).buffer(2).concurrency_limit(1);
    let service = service.service(Slow::default().into_service());
    let statuses = ask_at_once(service, &Semaphore::new(0)).await;
    assert_eq!(statuses, [StatusCode::OK; 20]);
}

#[tokio::test]
async fn a_request_that_waits_for_keys_holds_no_place_inside() {
    let (layer, _gate) = late_keys::layer(&POOL);
    let service = ServiceBuilder::new().layer(layer).concurrency_limit(1);
    let mut service = service.service(Slow::default().into_service());
    let mut waiting = Box::pin(service.clone().oneshot(good()));
    let context = &mut Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(context).is_pending());
    assert!(service.poll_ready(context).is_ready());
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_and_a_slow_endpoint_do_not_delay_a_good_token_behind_a_limit() {
    let endpoint = Endpoint::new(answers::keys);
    let keys = keys_at(&endpoint).build().expect("valid settings");
    keys.refresh().await.expect("keys");
    endpoint.set(async |request| {
        sleep(Duration::from_millis(2900)).await;
        answers::keys(request).await
    });
    sleep(Duration::from_secs(10)).await;
    let layers = ServiceBuilder::new().layer(CognitoLayer::new(verifier(&keys)));
    let service = layers.concurrency_limit(4).service(Slow::default().into_service());
    let waiting: Vec<_> = (0..4)
        .map(|number| {
            let token = pools::POOL.access_token("mallory").client_id("app");
            let token = token.header("kid", format!("made-up-{number}")).sign();
            tokio::spawn(service.clone().oneshot(requests::request(&token)))
        })
        .collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    let answer = service.clone().oneshot(requests::request(&pools::token())).await;
    assert_eq!(answer.expect("an answer").status(), 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
    for answer in waiting {
        assert_eq!(answer.await.expect("no panic").expect("an answer").status(), 401);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_endpoint_of_a_load_balancers_keys_does_not_delay_a_known_key_behind_a_limit() {
    let load_balancer = TestLoadBalancer::offline();
    let request = || {
        let token = load_balancer.token("alice").expires_in(Duration::from_secs(3600)).sign();
        Request::get("/").header("x-amzn-oidc-data", token).body(()).expect("a request")
    };
    let inner =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let layer = AlbLayer::new(load_balancer.verifier("test-client"));
    let service = ServiceBuilder::new().layer(layer).concurrency_limit(1).service(inner);
    let old = request();
    assert_eq!(service.clone().oneshot(request()).await.expect("an answer").status(), 200);
    sleep(Duration::from_secs(10)).await;
    load_balancer.rotate_key();
    load_balancer.set_latency(Duration::from_secs(2));
    let waiting = tokio::spawn(service.clone().oneshot(request()));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    assert_eq!(service.oneshot(old).await.expect("an answer").status(), 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(waiting.await.expect("no panic").expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_request_that_is_refused_after_a_wait_gives_its_place_inside_back() {
    let (layer, gate) = late_keys::layer(&POOL);
    let service = ServiceBuilder::new().layer(layer).concurrency_limit(1);
    let mut service = service.service(Slow::default().into_service());
    let mut another = service.clone();
    gate.add_permits(1);
    let refused = service.ready().await.expect("ready").call(forged()).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(another.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[tokio::test]
async fn the_first_requests_to_a_slow_endpoint_pass_a_limit_inside_of_a_router() {
    let pool = TestPool::start().await;
    pool.set_latency(Duration::from_millis(50));
    let layer = CognitoLayer::new(pool.verifier("test-client"));
    let layers = ServiceBuilder::new().layer(layer).concurrency_limit(2);
    let app = Router::new().route("/", axum::routing::get(async || "in").layer(layers));
    let token = pool.access_token("alice").sign();
    let request = || Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = || request().body(Body::empty()).expect("a request");
    let (first, second) = tokio::join!(app.clone().oneshot(request()), app.oneshot(request()));
    assert_eq!([first, second].map(|answer| answer.expect("an answer").status()), [200, 200]);
    assert_eq!(pool.jwks_requests(), 1);
}

/// Whether a service that lets one request in at a time lets one in after a refusal.
async fn has_a_place_after<S>(mut service: S, refused: Request<()>, status: u16) -> bool
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible> + Clone,
{
    let mut another = service.clone();
    let answer = service.ready().await.expect("ready").call(refused).await;
    assert_eq!(answer.expect("an answer").status(), status);
    another.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test]
async fn a_request_that_is_refused_at_once_gives_its_place_inside_back() {
    let inner = service_fn(async |_: Request<()>| Ok(Response::new(String::new())));
    let layer = CognitoLayer::new(POOL.verifier("test-client"));
    let service = ServiceBuilder::new().layer(layer).concurrency_limit(1).service(inner);
    assert!(has_a_place_after(service, Request::new(()), 401).await);
}

#[tokio::test]
async fn a_request_that_a_requirement_refuses_gives_its_place_inside_back() {
    let inner = service_fn(async |_: Request<()>| Ok(Response::new(String::new())));
    let layers = ServiceBuilder::new().layer(CognitoLayer::new(POOL.verifier("test-client")));
    let service = layers.layer(axum_cognito::Require::group("admins")).concurrency_limit(1);
    assert!(has_a_place_after(service.service(inner), good(), 403).await);
}
