//! All that takes part: the pool, the endpoint, the protected server, and the clients.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, JwksCache};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::endpoint::Endpoint;
use super::judge::{Asked, Tally};
use super::script::ROUND;
use super::traffic::{Kind, with_random_key_id};
use super::{CLIENT_ID, Failure};

const DAY: Duration = Duration::from_secs(86_400);

/// Short, so that keys grow old within a round of the script.
pub(crate) const REFRESH_AFTER: Duration = Duration::from_secs(6);

/// Full within the warm-up.
const TOKEN_CACHE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

const PAUSE: Duration = Duration::from_millis(20);

/// All that takes part.
pub(crate) struct Site {
    pub(crate) pool: TestPool,
    stranger: TestPool,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) keys: JwksCache,
    url: String,
    http: reqwest::Client,
    /// A token of the key that left the pool last.
    removed: Mutex<String>,
    flood: AtomicBool,
    tally: Mutex<Tally>,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

impl Site {
    pub(crate) async fn open(length: Duration) -> Result<Arc<Self>, Failure> {
        let (pool, http) =
            (TestPool::start().await, reqwest::Client::builder().no_proxy().build()?);
        let pool_url = pool.user_pool().jwks_url().to_owned();
        let endpoint = Arc::new(Endpoint { pool_url, http: http.clone(), log: Mutex::default() });
        let jwks = get(async |State(endpoint): State<Arc<Endpoint>>| endpoint.answer().await);
        let jwks = Router::new().route("/jwks", jwks).with_state(Arc::clone(&endpoint));
        let user_pool = pool.user_pool().with_jwks_url(&format!("{}/jwks", serve(jwks).await?))?;
        let keys = JwksCache::builder(user_pool).refresh_after(REFRESH_AFTER).build()?;
        let verifier =
            CognitoVerifier::builder().trust(&keys, CLIENT_ID).token_cache(TOKEN_CACHE).build()?;
        let me =
            get(async |claims: CognitoClaims| claims.username().unwrap_or_default().to_owned());
        let url = serve(Router::new().route("/", me).layer(CognitoLayer::new(verifier))).await?;
        let start = Instant::now();
        let site = Self {
            pool,
            stranger: TestPool::offline(),
            endpoint,
            keys,
            url,
            http,
            removed: Mutex::default(),
            flood: AtomicBool::new(true),
            tally: Mutex::default(),
            start,
            end: start + length,
        };
        let site = Arc::new(site);
        site.rotate().await?;
        Ok(site)
    }

    fn is_open(&self) -> bool {
        Instant::now() < self.end
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no thread has panicked")
    }

    async fn rotate(self: &Arc<Self>) -> Result<(), Failure> {
        *self.removed.lock().expect("no thread has panicked") = self.token(Kind::Repeated);
        let site = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || site.pool.rotate_keys()).await?)
    }

    /// A token of this kind; of those that are sent again and again, one for as long as its key.
    fn token(&self, kind: Kind) -> String {
        let token = self.pool.access_token("alice").client_id(CLIENT_ID).expires_in(DAY);
        match kind {
            Kind::Expired => token.expired().sign(),
            Kind::Foreign => token.client_id("another-client").sign(),
            Kind::Forged => token.signed_by(&self.stranger).sign(),
            Kind::Removed => self.removed.lock().expect("no thread has panicked").clone(),
            Kind::Fresh | Kind::Repeated | Kind::Unknown | Kind::Impatient => token.sign(),
        }
    }

    /// Sends tokens of one kind, one after the other, until the end.
    pub(crate) async fn send(&self, kind: Kind) {
        let (mut key_id, mut token) = (String::new(), String::new());
        while self.is_open() {
            let pause = PAUSE.mul_f64(0.5 + fastrand::f64());
            sleep(pause).await;
            let is_flood = matches!(kind, Kind::Unknown | Kind::Impatient);
            if is_flood && !self.flood.load(Ordering::Relaxed) {
                continue;
            }
            if kind == Kind::Fresh || key_id != self.pool.access_key_id() {
                (key_id, token) = (self.pool.access_key_id(), self.token(kind));
            }
            let sent = if is_flood { with_random_key_id(&token) } else { token.clone() };
            self.ask(kind, &sent).await;
        }
    }

    /// Sends one request and judges the answer.
    async fn ask(&self, kind: Kind, token: &str) {
        let millis = if kind == Kind::Impatient { fastrand::u64(0..50) } else { 60_000 };
        let sent = Instant::now();
        let answer = timeout(Duration::from_millis(millis), self.call(token)).await;
        let asked = Asked { kind, token, sent, received: Instant::now() };
        match answer {
            Ok(answer) => self.judge(&asked, &answer),
            Err(_) if kind == Kind::Impatient => self.tally().hung_up += 1,
            Err(_) => self.judge(&asked, &Err("no answer".into())),
        }
    }

    /// The status, once the rest of the answer fits it.
    async fn call(&self, token: &str) -> Result<StatusCode, Failure> {
        let response = self.http.get(&self.url).bearer_auth(token).send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await?;
        let whole = match status {
            StatusCode::OK => body == "alice",
            StatusCode::UNAUTHORIZED => headers.contains_key("www-authenticate"),
            StatusCode::SERVICE_UNAVAILABLE => headers.contains_key("retry-after"),
            _ => false,
        };
        if whole { Ok(status) } else { Err(format!("{status} {headers:?} {body}").into()) }
    }

    /// Goes through the script, again and again, until the end.
    pub(crate) async fn direct(self: &Arc<Self>) -> Result<(), Failure> {
        for phase in ROUND.iter().cycle() {
            if !self.is_open() {
                break;
            }
            let at = self.start.elapsed().as_secs_f64();
            println!("{at:6.1} s  {}", phase.name);
            self.pool.set_latency(phase.latency);
            self.pool.set_outage(phase.outage);
            self.flood.store(phase.flood, Ordering::Relaxed);
            let until = Instant::now() + phase.length;
            if phase.rotates {
                self.rotate().await?;
            }
            tokio::time::sleep_until(until.min(self.end).into()).await;
        }
        Ok(())
    }
}

async fn serve(router: Router) -> Result<String, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}
