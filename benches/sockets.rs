//! What a protected server does over real sockets, beside servers that do the least possible.
//!
//! ```sh
//! cargo bench --bench sockets          # five rounds of a second for each server
//! cargo bench --bench sockets -- 20    # twenty rounds
//! ```
//!
//! HTTP/1.1 on loopback, 32 connections that are kept open, 500 different tokens of about 1.1 kB. All
//! servers run on one thread, the load on another. There are three floors: the bare router, one that
//! hashes the token with SHA-256, and one that verifies its signature with a parsed key; neither does
//! more. The servers take turns, and each ratio is of two neighbours in one round, so that a noisy
//! machine slows both.

use std::env;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::Router;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoLayer, CognitoVerifier, JwksCache};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const CONNECTIONS: usize = 32;
const TOKENS: usize = 500;
const ROUND: Duration = Duration::from_secs(1);

/// The servers, in the order in which they take turns: each behind the one that it is compared with.
const SERVERS: [(&str, Option<&str>); 5] = [
    ("bare router", None),
    ("floor: SHA-256 of the token", None),
    ("token from the cache", Some("floor: SHA-256 of the token")),
    ("floor: raw signature, parsed key", None),
    ("token verified in full", Some("floor: raw signature, parsed key")),
];

/// What one server did in one round.
struct Measured {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(5);
    let pool = TestPool::offline();
    runtime().block_on(pool.keys().refresh())?;
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..TOKENS).map(|n| request(&pool, n)).collect());
    println!("requests of {} bytes, {CONNECTIONS} connections\n", requests[0].len());

    let addresses = serve(&pool)?;
    let client = runtime();
    // Once unmeasured: connections open, the cache of verified tokens fills.
    for address in addresses {
        client.block_on(load(address, &requests))?;
    }
    let mut measured: Vec<Vec<Measured>> = Vec::new();
    for _ in 0..rounds {
        let mut round = Vec::new();
        for address in addresses {
            round.push(client.block_on(load(address, &requests))?);
        }
        measured.push(round);
    }
    report(&measured);
    Ok(())
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A request with a token of its own, with the claims that Cognito's hosted page gives.
fn request(pool: &TestPool, number: usize) -> Vec<u8> {
    let token = pool.access_token(&format!("5f2b8f6e-9d0c-4a49-8a3d-{number:012}"));
    let token = token.client_id(CLIENT).scope("openid profile email orders/read");
    let token = token.groups(["admins", "staff"]).sign();
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nauthorization: Bearer ";
    format!("{head}{token}\r\n\r\n").into_bytes()
}

/// All servers on one thread; their addresses, in the order of [`SERVERS`].
fn serve(pool: &TestPool) -> io::Result<[SocketAddr; SERVERS.len()]> {
    let bare = || Router::new().route("/", get(async || "ok"));
    let (pool_keys, key) = (keys(pool), Arc::new(raw_key(pool)));
    let uncached = CognitoVerifier::builder().trust(&pool_keys, CLIENT).without_token_cache();
    let cached = CognitoVerifier::builder().trust(&pool_keys, CLIENT);
    let routers = [
        bare(),
        Router::new().route("/", get(async |request: Request| hash(&request))),
        bare().layer(CognitoLayer::new(cached.build().expect("valid settings"))),
        Router::new().route("/", get(async move |request: Request| verify(&key, &request))),
        bare().layer(CognitoLayer::new(uncached.build().expect("valid settings"))),
    ];
    let mut listeners = Vec::new();
    for router in routers {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        listeners.push((listener, router));
    }
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); SERVERS.len()];
    for (address, (listener, _)) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr()?;
    }
    // It ends with the process.
    thread::spawn(move || runtime().block_on(run(listeners)));
    Ok(addresses)
}

async fn run(listeners: Vec<(std::net::TcpListener, Router)>) -> io::Result<()> {
    let mut servers = JoinSet::new();
    for (listener, router) in listeners {
        let listener = TcpListener::from_std(listener)?;
        servers.spawn(async move { axum::serve(listener, router).await });
    }
    while servers.join_next().await.is_some() {}
    Ok(())
}

/// The pool's keys as they are read from memory, on the system's clock.
fn keys(pool: &TestPool) -> JwksCache {
    JwksCache::builder(pool.user_pool()).preload(&pool.jwks()).build().expect("a good key set")
}

fn raw_key(pool: &TestPool) -> ParsedPublicKey {
    let jwks: serde_json::Value = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let mut keys = jwks["keys"].as_array().expect("keys").iter();
    let jwk = keys.find(|key| key["kid"] == pool.access_key_id()).expect("the access key");
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a string"));
    let (n, e) = (number("n").expect("base64url"), number("e").expect("base64url"));
    let components = RsaPublicKeyComponents { n, e };
    components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key")
}

fn token(request: &Request) -> &str {
    let value = request.headers()[AUTHORIZATION].to_str().expect("ASCII");
    value.strip_prefix("Bearer ").expect("a bearer token")
}

fn hash(request: &Request) -> &'static str {
    black_box(digest(&SHA256, token(request).as_bytes()));
    "ok"
}

fn verify(key: &ParsedPublicKey, request: &Request) -> &'static str {
    let (input, signature) = token(request).rsplit_once('.').expect("a token");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    key.verify_sig(input.as_bytes(), &signature).expect("a good signature");
    "ok"
}

/// As many requests as the server answers in a round.
async fn load(address: SocketAddr, requests: &Arc<Vec<Vec<u8>>>) -> io::Result<Measured> {
    let start = Instant::now();
    let mut connections = JoinSet::new();
    for number in 0..CONNECTIONS {
        let requests = Arc::clone(requests);
        connections.spawn(async move { talk(address, &requests, number, start + ROUND).await });
    }
    let mut times = Vec::new();
    while let Some(connection) = connections.join_next().await {
        times.extend(connection.expect("no panic")?);
    }
    let seconds = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100];
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let per_second = times.len() as f64 / seconds;
    Ok(Measured { per_second, p50: at(50), p99: at(99) })
}

/// Sends one request after the other over one connection; how long each took.
async fn talk(
    address: SocketAddr,
    requests: &[Vec<u8>],
    first: usize,
    until: Instant,
) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut buffer) = (Vec::new(), [0; 1024]);
    for request in requests.iter().cycle().skip(first * requests.len() / CONNECTIONS) {
        let start = Instant::now();
        if start >= until {
            break;
        }
        stream.write_all(request).await?;
        let mut length = 0;
        while !buffer[..length].ends_with(b"\r\n\r\nok") {
            let read = stream.read(&mut buffer[length..]).await?;
            assert!(
                read > 0,
                "not answered with 200: {}",
                String::from_utf8_lossy(&buffer[..length])
            );
            length += read;
        }
        times.push(start.elapsed());
    }
    Ok(times)
}

fn report(rounds: &[Vec<Measured>]) {
    println!(
        "{:34} {:>10} {:>9} {:>9} {:>9} {:>9}",
        "", "a second", "p50", "p99", "× floor", "p99 ×"
    );
    for (index, (name, floor)) in SERVERS.iter().enumerate() {
        let all = |value: &dyn Fn(&Measured) -> f64| {
            median(rounds.iter().map(|round| value(&round[index])).collect())
        };
        let floor = floor.and_then(|floor| SERVERS.iter().position(|(name, _)| *name == floor));
        let ratio = |value: &dyn Fn(&Measured) -> f64| {
            let pairs = |floor: usize| {
                rounds.iter().map(|round| value(&round[index]) / value(&round[floor])).collect()
            };
            floor.map_or(String::new(), |floor| format!("{:.3}", median(pairs(floor))))
        };
        println!(
            "{name:34} {:>10.0} {:>6.0} µs {:>6.0} µs {:>9} {:>9}",
            all(&|measured| measured.per_second),
            all(&|measured| measured.p50.as_secs_f64() * 1e6),
            all(&|measured| measured.p99.as_secs_f64() * 1e6),
            ratio(&|measured| measured.per_second),
            ratio(&|measured| measured.p99.as_secs_f64()),
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
