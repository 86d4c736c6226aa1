//! A store that is down, hangs or holds garbage.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use axum_cognito::{MemorySessions, SessionKey, SessionStore, SessionStoreError, StoredSession};
use http::{Request, Response};
use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use super::browser::From;
use super::rig::{Rig, app};
use super::{ADDRESS, SESSION_COOKIE};

/// A store that can be down, hang, or hand out something else than was written.
#[derive(Clone, Default)]
struct Faulty {
    store: MemorySessions,
    fault: Arc<AtomicU8>,
}

const NONE: u8 = 0;
const DOWN: u8 = 1;
const HANGS: u8 = 2;
const GARBAGE: u8 = 3;
const NEXT_VERSION: u8 = 4;

impl Faulty {
    fn set(&self, fault: u8) {
        self.fault.store(fault, Ordering::SeqCst);
    }

    async fn pass(&self) -> Result<(), SessionStoreError> {
        match self.fault.load(Ordering::SeqCst) {
            DOWN => Err(SessionStoreError::new("the store is down")),
            HANGS => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

impl SessionStore for Faulty {
    async fn load(&self, key: SessionKey) -> Result<Option<StoredSession>, SessionStoreError> {
        self.pass().await?;
        let stored = self.store.load(key).await?;
        Ok(stored.map(|mut stored| {
            match self.fault.load(Ordering::SeqCst) {
                GARBAGE => stored.record = vec![0xff; 5000],
                NEXT_VERSION => stored.record[0] += 1,
                _ => {}
            }
            stored
        }))
    }

    async fn create(
        &self,
        key: SessionKey,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.pass().await?;
        self.store.create(key, record, lifetime).await
    }

    async fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.pass().await?;
        self.store.compare_and_set(key, version, record, lifetime).await
    }

    async fn lease(
        &self,
        key: SessionKey,
        holder: u128,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.pass().await?;
        self.store.lease(key, holder, lifetime).await
    }

    async fn release(&self, key: SessionKey, holder: u128) -> Result<(), SessionStoreError> {
        self.pass().await?;
        self.store.release(key, holder).await
    }

    async fn delete(&self, key: SessionKey) -> Result<(), SessionStoreError> {
        self.pass().await?;
        self.store.delete(key).await
    }
}

async fn rig() -> (Rig, Faulty) {
    let store = Faulty::default();
    let rig = Rig::with(|client| client, |builder| builder.sessions(store.clone())).await;
    (rig, store)
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_nobody_is_signed_out() {
    let (rig, store) = rig().await;
    let mut browser = rig.signed_in("alice").await;
    store.set(DOWN);
    let response = browser.fetch("GET", "/api/me").await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(browser.go("/orders", From::Here).await.status(), 503);
    assert_eq!(browser.go("/public", From::Here).await.status(), 503);
    assert_eq!(browser.fetch("GET", "/auth/session").await.status(), 503);
    let response = browser.submit("/auth/sign-out", ADDRESS).await;
    assert_eq!(response.status(), 503);
    assert!(response.body().contains("You are still signed in"), "{}", response.body());
    assert!(browser.session().is_some());
    store.set(NONE);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
}

#[tokio::test]
async fn a_request_that_waits_for_the_store_holds_no_place_of_the_inner_service() {
    let (rig, store) = rig().await;
    let session = rig.signed_in("alice").await.session().expect("a session");
    store.set(HANGS);
    let inner =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let layers = ServiceBuilder::new().layer(rig.sign_in.layer());
    let mut service = layers.concurrency_limit(1).service(inner);
    let cookie = format!("{SESSION_COOKIE}={session}");
    let request = Request::get("/").header("cookie", cookie).body(()).expect("a request");
    let context = &mut Context::from_waker(Waker::noop());
    assert!(service.poll_ready(context).is_ready());
    let mut waiting = service.call(request);
    assert!(waiting.as_mut().poll(context).is_pending());
    assert!(service.poll_ready(context).is_ready());
}

#[tokio::test]
async fn a_request_that_waited_for_its_session_reaches_a_service_that_was_ready() {
    let (rig, _) = rig().await;
    let session = rig.signed_in("alice").await.session().expect("a session");
    let calls = Arc::<AtomicU8>::default();
    let counter = Arc::clone(&calls);
    let inner = service_fn(move |_: Request<()>| {
        counter.fetch_add(1, Ordering::SeqCst);
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let layers = ServiceBuilder::new().layer(rig.sign_in.layer()).buffer(1);
    let service = layers.concurrency_limit(1).service(inner);
    for _ in 0..3 {
        let cookie = format!("{SESSION_COOKIE}={session}");
        let request = Request::get("/").header("cookie", cookie).body(()).expect("a request");
        let answer = service.clone().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_browser_without_a_session_does_not_ask_the_store() {
    let (rig, store) = rig().await;
    store.set(HANGS);
    let mut browser = rig.browser();
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
    assert_eq!(browser.go("/public", From::Here).await.body(), "false");
    browser.go_to_pool("/auth/sign-in").await;
}

#[tokio::test]
async fn a_store_that_is_down_at_the_callback_is_a_page_to_try_again_from() {
    let (rig, store) = rig().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in").await;
    let back = browser.at_pool(&way).await;
    store.set(DOWN);
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 503);
    assert!(response.body().contains("Try again"), "{}", response.body());
}

#[tokio::test]
async fn a_store_that_hangs_costs_two_seconds() {
    let (rig, store) = rig().await;
    let mut browser = rig.signed_in("alice").await;
    store.set(HANGS);
    let began = std::time::Instant::now();
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 503);
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_no_session() {
    let (rig, store) = rig().await;
    let mut browser = rig.signed_in("alice").await;
    for fault in [GARBAGE, NEXT_VERSION] {
        store.set(fault);
        assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
        assert_eq!(browser.go("/orders", From::Here).await.status(), 303);
    }
    // It stays, as a process of the next version may know it.
    store.set(NONE);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    let _ = app(&rig.sign_in);
}

#[tokio::test]
async fn tokens_that_cannot_be_written_down_for_a_moment_are_not_lost() {
    let store = Faulty::default();
    let own = store.clone();
    let rig =
        Rig::with(|client| client.rotation(Duration::ZERO), |builder| builder.sessions(own)).await;
    let mut browser = rig.signed_in("alice").await;
    rig.advance(3601);
    rig.pool.set_token_latency(Duration::from_millis(500));
    let mut waiting = browser.clone();
    let call = tokio::spawn(async move { waiting.fetch("GET", "/api/me").await.status() });
    tokio::time::sleep(Duration::from_millis(200)).await;
    store.set(DOWN);
    tokio::time::sleep(Duration::from_millis(1000)).await;
    store.set(NONE);
    assert_eq!(call.await.expect("it ends"), 200);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
    assert_eq!(rig.pool.token_requests(), 2);
}
