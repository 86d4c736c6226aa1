//! Sessions of a fleet on one server: kept, renewed once, and lost by nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use axum_cognito::testing::{TestClient, TestPool};
use axum_cognito::{
    AppClient, CognitoClaims, CognitoVerifier, RedisSessions, SessionKey, SessionStore,
    SessionStoreError, SignIn, StoredSession,
};
use http::{Request, Response};
use servers::{Cluster, Options, Program, Server};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::common::{SOON, with_each_server};
use crate::conformance::{keeps_records, key, leases, read};

with_each_server!(
    a_server_is_a_store_of_sessions,
    a_cluster_is_a_store_of_sessions,
    a_session_and_a_lease_end_by_themselves,
    a_session_that_was_acknowledged_survives_a_killed_server,
    a_server_that_is_frozen_or_down_signs_nobody_out,
    garbage_in_the_place_of_a_session_is_none,
    four_processes_make_one_renewal_for_each_session,
    a_process_that_is_killed_before_it_writes_loses_no_session,
    a_dump_of_the_server_holds_no_token_and_no_cookie,
);

const ADDRESS: &str = "https://app.example.com";
const CLIENT: &str = "web-client";

fn start(program: Program) -> Server {
    tokio::task::block_in_place(|| Options::of(program).start())
}

fn store(server: &Server) -> RedisSessions {
    RedisSessions::new(server.url()).expect("the URL is right")
}

async fn a_server_is_a_store_of_sessions(program: Program) {
    let server = start(program);
    keeps_records(&store(&server)).await;
    leases(&store(&server)).await;
}

async fn a_cluster_is_a_store_of_sessions(program: Program) {
    let cluster = tokio::task::block_in_place(|| Cluster::start(program));
    let url = cluster.nodes().first().expect("a node").url();
    let store = RedisSessions::new(url).expect("the URL is right").prefix("another:");
    keeps_records(&store).await;
    leases(&store).await;
}

async fn a_session_and_a_lease_end_by_themselves(program: Program) {
    let server = start(program);
    let (store, short) = (store(&server), Duration::from_millis(300));
    assert!(store.create(key(1), b"a".to_vec(), short).await.expect("a store"));
    assert!(store.lease(key(1), 1, short).await.expect("a store"));
    assert!(store.create(key(2), b"a".to_vec(), Duration::MAX).await.expect("a store"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(read(&store, 1).await, None);
    assert!(store.lease(key(1), 2, short).await.expect("a store"));
    assert!(read(&store, 2).await.is_some());
}

async fn a_session_that_was_acknowledged_survives_a_killed_server(program: Program) {
    let server = start(program);
    let (store, hour) = (store(&server), Duration::from_secs(3600));
    for byte in 1..=100 {
        assert!(store.create(key(byte), vec![byte], hour).await.expect("a store"));
    }
    tokio::task::block_in_place(|| {
        server.kill();
        server.restart();
    });
    for byte in 1..=100 {
        let stored = eventually(async || store.load(key(byte)).await.ok()).await;
        assert_eq!(stored.map(|stored| stored.record), Some(vec![byte]));
    }
}

async fn a_server_that_is_frozen_or_down_signs_nobody_out(program: Program) {
    let server = start(program);
    let pool = pool().await;
    let app = app(&pool, store(&server));
    let cookie = sign_in(&pool, &app).await;
    assert_eq!(status(&app, &cookie).await, 200);
    server.freeze();
    let began = Instant::now();
    assert_eq!(status(&app, &cookie).await, 503);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    server.thaw();
    eventually(async || (status(&app, &cookie).await == 200).then_some(())).await;
    tokio::task::block_in_place(|| server.kill());
    assert_eq!(status(&app, &cookie).await, 503);
    tokio::task::block_in_place(|| server.restart());
    eventually(async || (status(&app, &cookie).await == 200).then_some(())).await;
}

async fn garbage_in_the_place_of_a_session_is_none(program: Program) {
    let server = start(program);
    let store = store(&server);
    let name = format!("axum-cognito:session:{{{}}}", key(1));
    let long = "x".repeat(100_000);
    for command in [
        &["HSET", &*name, "v", "seven", "r", "a"][..],
        &["HSET", &name, "v", "-1", "r", "a"],
        &["HSET", &name, "other", "a"],
        &["HSET", &name, "v", &long, "r", &long],
    ] {
        server.call(command);
        assert_eq!(read(&store, 1).await, None, "{:?}", &command[..4]);
        server.call(&["DEL", &name]);
    }
    // Another type is an error, and no session: 503, since somebody else's data are in the way.
    server.call(&["SET", &name, "a"]);
    assert!(store.load(key(1)).await.is_err());
}

async fn four_processes_make_one_renewal_for_each_session(program: Program) {
    const SESSIONS: usize = 10;
    let server = start(program);
    // Without a grace period, so that a second renewal would end its sign-in.
    let pool = pool_with(|client| client.rotation(Duration::ZERO)).await;
    let first = app(&pool, store(&server));
    let mut cookies = Vec::new();
    for _ in 0..SESSIONS {
        cookies.push(sign_in(&pool, &first).await);
    }
    pool.clock().advance(Duration::from_secs(3601));
    let before = pool.token_requests();
    // A runtime, a connection and a client of its own for each: they share the server alone.
    let url = server.url();
    let processes: Vec<_> = (0..4)
        .map(|_| {
            let (pool, url, cookies) = (pool.clone(), url.clone(), cookies.clone());
            std::thread::spawn(move || {
                let store = RedisSessions::new(url).expect("the URL is right");
                let app = app(&pool, store);
                runtime().block_on(async {
                    let calls: tokio::task::JoinSet<_> = (0..4 * SESSIONS)
                        .map(|call| {
                            let (app, cookie) = (app.clone(), cookies[call % SESSIONS].clone());
                            async move { status(&app, &cookie).await }
                        })
                        .collect();
                    calls.join_all().await
                })
            })
        })
        .collect();
    let answers: Vec<u16> = tokio::task::block_in_place(|| {
        processes.into_iter().flat_map(|process| process.join().expect("a process")).collect()
    });
    assert_eq!(answers.len(), 4 * 4 * SESSIONS);
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(pool.token_requests() - before, SESSIONS);
}

async fn a_process_that_is_killed_before_it_writes_loses_no_session(program: Program) {
    let server = start(program);
    let pool = pool_with(|client| client.rotation(Duration::from_secs(60))).await;
    let other = app(&pool, store(&server));
    let cookie = sign_in(&pool, &other).await;
    pool.clock().advance(Duration::from_secs(3601));
    let before = pool.token_requests();
    let writes = Arc::new(AtomicBool::new(false));
    let process = runtime();
    let dying = app(&pool, NeverWrites { store: store(&server), tries: Arc::clone(&writes) });
    let own = cookie.clone();
    process.spawn(async move { status(&dying, &own).await });
    eventually(async || writes.load(Ordering::SeqCst).then_some(())).await;
    assert_eq!(pool.token_requests() - before, 1);
    // Cognito has answered, and the process ends with the answer in hand.
    process.shutdown_background();
    eventually(async || (status(&other, &cookie).await == 200).then_some(())).await;
    assert_eq!(pool.token_requests() - before, 2);
}

async fn a_dump_of_the_server_holds_no_token_and_no_cookie(program: Program) {
    let server = start(program);
    let pool = pool().await;
    let app = app(&pool, store(&server));
    let cookie = sign_in(&pool, &app).await;
    let keys = format!("{:?}", server.call(&["KEYS", "*"]));
    let name = keys.split('\'').find(|part| part.starts_with("axum-cognito:")).map(str::to_owned);
    let name = name.unwrap_or_else(|| keys.split('"').nth(1).expect("a key").to_owned());
    let dump = format!("{keys} {:?}", server.call(&["HGETALL", &name]));
    let secret = cookie.split('=').nth(1).expect("a value");
    for part in [secret, "eyJ", &pool.sub_of("alice"), "refresh_token"] {
        assert!(!dump.contains(part), "{part}");
    }
}

/// A process that is about to write new tokens down, and never does.
struct NeverWrites {
    store: RedisSessions,
    tries: Arc<AtomicBool>,
}

impl SessionStore for NeverWrites {
    async fn load(&self, key: SessionKey) -> Result<Option<StoredSession>, SessionStoreError> {
        self.store.load(key).await
    }

    async fn create(
        &self,
        key: SessionKey,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.store.create(key, record, lifetime).await
    }

    async fn compare_and_set(
        &self,
        _: SessionKey,
        _: u64,
        _: Vec<u8>,
        _: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.tries.store(true, Ordering::SeqCst);
        std::future::pending().await
    }

    async fn lease(
        &self,
        key: SessionKey,
        holder: u128,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        self.store.lease(key, holder, lifetime).await
    }

    async fn release(&self, key: SessionKey, holder: u128) -> Result<(), SessionStoreError> {
        self.store.release(key, holder).await
    }

    async fn delete(&self, key: SessionKey) -> Result<(), SessionStoreError> {
        self.store.delete(key).await
    }
}

fn runtime() -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime")
}

async fn pool() -> TestPool {
    pool_with(|client| client).await
}

async fn pool_with(settings: impl FnOnce(TestClient) -> TestClient) -> TestPool {
    let pool = TestPool::start().await;
    pool.add_client(settings(TestClient::new(CLIENT).secret("secret-of-the-client")));
    pool.sign_in_as("alice");
    pool
}

fn app(pool: &TestPool, store: impl SessionStore) -> Router {
    let client = AppClient::builder(pool, CLIENT)
        .secret("secret-of-the-client")
        .domain(pool.domain())
        .clock(pool.clock())
        .build();
    let verifier = CognitoVerifier::builder().trust(pool, CLIENT).clock(pool.clock()).build();
    let (verifier, client) = (verifier.expect("a verifier"), client.expect("a client"));
    let sign_in = SignIn::builder(verifier, client, ADDRESS).sessions(store);
    let sign_in = sign_in.build().expect("settings that can be");
    Router::new()
        .route("/api/me", get(async |claims: CognitoClaims| claims.sub().to_owned()))
        .layer(sign_in.layer())
        .merge(sign_in.routes())
}

/// The session's cookie of a browser that has signed in.
async fn sign_in(pool: &TestPool, app: &Router) -> String {
    let begun = ask(app, "/auth/sign-in", "").await;
    let way = header(&begun, "location").strip_prefix(&pool.domain()).expect("the pool").to_owned();
    let cookie = pair(header(&begun, "set-cookie"));
    let back = ask(&pool.router(), &way, "").await;
    let back = header(&back, "location").strip_prefix(ADDRESS).expect("the application").to_owned();
    let done = ask(app, &back, &cookie).await;
    let cookies = done.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    let mut cookies = cookies.filter(|line| line.starts_with("__Host-Http-session="));
    pair(cookies.next().expect("a session"))
}

async fn status(app: &Router, cookie: &str) -> u16 {
    ask(app, "/api/me", cookie).await.status().as_u16()
}

async fn ask(app: &Router, path: &str, cookie: &str) -> Response<Body> {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty());
    app.clone().oneshot(request.expect("a request")).await.expect("a router never fails")
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

fn pair(cookie: &str) -> String {
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// What comes of a call that is repeated until it brings something.
async fn eventually<T>(call: impl AsyncFn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = call().await {
            return found;
        }
        assert!(began.elapsed() < 3 * SOON, "not within {:?}", 3 * SOON);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
