//! A protected API under load, while the JWKS endpoint behind it is slowed, cut, rotated and restored.
//!
//! ```sh
//! cargo run --release --example soak -- 30
//! ```
//!
//! All of it over loopback sockets, for as many seconds as it is told (30 by default; a whole round
//! of the script takes 60). Clients send good, expired, forged, foreign, unknown and removed-key
//! tokens. Each answer is held against what the endpoint's own log of fetches allows at that
//! moment, and nothing else passes: a key is known once the endpoint has given it out and until it
//! has given out a set without it; an unknown one is 401 after a good fetch, 503 after a failed one.
//! It prints what it counted, names each bound that was broken, and then fails.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, JwksCache};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

type Failure = Box<dyn Error + Send + Sync>;

const CLIENT_ID: &str = "soak-client";
const DAY: Duration = Duration::from_secs(86_400);
/// Short, so that keys grow old within a round of the script.
const REFRESH_AFTER: Duration = Duration::from_secs(6);

// What the crate promises.
const SPACING: Duration = Duration::from_secs(5);
const WIDE_SPACING: Duration = Duration::from_secs(10);
const MAX_FRUITLESS: usize = 3;
const MAX_BACK_OFF: Duration = Duration::from_secs(60);
const MAX_WAIT: Duration = Duration::from_secs(3);

/// What takes the endpoint longer is never answered: the fetch fails by its timeout of 3 s.
const ENDPOINT_LIMIT: Duration = Duration::from_secs(2);
/// From the endpoint's answer until its keys are in use, at most.
const LANDING: Duration = Duration::from_millis(500);
/// What a request that waits for no fetch may take, and what a wait may take beyond its end.
const PROMPT: Duration = Duration::from_millis(500);
/// By how much a fetch may outlast what the endpoint noted as its failure.
const GIVEN_UP_LATER: Duration = Duration::from_millis(1500);
/// How much later than the fetch's start the endpoint may see its request.
const TRAVEL: Duration = Duration::from_millis(250);
const MAX_GROWTH_KIB: u64 = 16 * 1024;
/// Before it, the cache of verified tokens and the allocator fill up.
const WARM_UP: Duration = Duration::from_secs(10);
/// Full within the warm-up.
const TOKEN_CACHE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();
const PAUSE: Duration = Duration::from_millis(20);

/// A stretch of the script.
struct Phase {
    name: &'static str,
    length: Duration,
    latency: Duration,
    outage: bool,
    rotates: bool,
    /// Whether tokens with keys that nobody has are sent.
    flood: bool,
}

const fn phase(name: &'static str, millis: u64) -> Phase {
    let (length, latency) = (Duration::from_millis(millis), Duration::ZERO);
    Phase { name, length, latency, outage: false, rotates: false, flood: true }
}

const SLOW: Duration = Duration::from_secs(1);
const HANGING: Duration = Duration::from_secs(8);

/// Each stretch is long enough for the fetch that it is about.
const ROUND: [Phase; 8] = [
    Phase { latency: SLOW, ..phase("slow", 3_000) },
    Phase { latency: SLOW, rotates: true, ..phase("slow, rotated", 6_000) },
    Phase { flood: false, ..phase("well", 5_000) },
    Phase { latency: HANGING, ..phase("hanging", 6_500) },
    Phase { outage: true, ..phase("cut", 3_500) },
    Phase { outage: true, rotates: true, ..phase("cut, rotated", 2_000) },
    phase("restored", 4_000),
    phase("flooded", 30_000),
];

/// What a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A good token, signed for this request.
    Fresh,
    /// A good token, sent again and again.
    Repeated,
    /// Signed by a key that has left the pool.
    Removed,
    Expired,
    Foreign,
    Forged,
    Unknown,
    /// As `Unknown`, but hangs up within 50 ms.
    Impatient,
}

/// How many clients of each kind.
const CLIENTS: [(Kind, usize); 8] = [
    (Kind::Fresh, 4),
    (Kind::Repeated, 16),
    (Kind::Removed, 4),
    (Kind::Expired, 2),
    (Kind::Foreign, 2),
    (Kind::Forged, 4),
    (Kind::Unknown, 12),
    (Kind::Impatient, 4),
];

/// One fetch, as the endpoint saw it.
struct Fetch {
    arrived: Instant,
    /// When it was answered or given up, and the ids of the keys that it brought.
    ended: Option<(Instant, Option<Vec<String>>)>,
}

impl Fetch {
    /// The keys that it had brought by this moment.
    fn brought_by(&self, moment: Instant) -> Option<&[String]> {
        self.ended.as_ref().filter(|(at, _)| *at <= moment)?.1.as_deref()
    }

    fn failed_by(&self, moment: Instant) -> bool {
        self.ended.as_ref().is_some_and(|(at, keys)| *at <= moment && keys.is_none())
    }
}

/// What a token may be answered.
#[derive(Clone, Copy, Debug, Default)]
struct Allowed {
    accepted: bool,
    refused: bool,
    unavailable: bool,
    /// Nothing to wait for.
    at_once: bool,
}

/// The JWKS endpoint: passes each fetch on to the pool's own and notes what came of it.
struct Endpoint {
    pool_url: String,
    http: reqwest::Client,
    log: Mutex<Vec<Fetch>>,
}

impl Endpoint {
    fn log(&self) -> MutexGuard<'_, Vec<Fetch>> {
        self.log.lock().expect("no thread has panicked")
    }

    async fn answer(&self) -> Response {
        let number = {
            let mut log = self.log();
            log.push(Fetch { arrived: Instant::now(), ended: None });
            log.len() - 1
        };
        let answer = timeout(ENDPOINT_LIMIT, self.ask_pool()).await;
        let jwks = answer.as_ref().ok().and_then(|jwks| jwks.as_ref().ok());
        self.log()[number].ended = Some((Instant::now(), jwks.map(key_ids)));
        match (jwks, answer.is_ok()) {
            (Some(jwks), _) => axum::Json(jwks).into_response(),
            (None, true) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            (None, false) => std::future::pending().await,
        }
    }

    async fn ask_pool(&self) -> Result<Value, reqwest::Error> {
        self.http.get(&self.pool_url).send().await?.error_for_status()?.json().await
    }

    /// What a token of the pool with this key may be answered, if it was under way in this time.
    fn allowed(&self, kid: &str, sent: Instant, received: Instant) -> Allowed {
        let log = self.log();
        let has = |keys: &[String]| keys.iter().any(|key| key == kid);
        // The sets that may have been in use meanwhile: the last that surely was, and later ones.
        let landed = sent.checked_sub(LANDING + stall());
        let settled = landed.and_then(|by| log.iter().rposition(|it| it.brought_by(by).is_some()));
        let in_use = log[settled.unwrap_or(0)..].iter().filter_map(|it| it.brought_by(received));
        let (with, without): (Vec<_>, Vec<_>) = in_use.partition(|keys| has(keys));
        let may_be_unknown = settled.is_none() || !without.is_empty();
        // What may decide on an unknown key: the fetches that came in meanwhile, and the last one
        // before while it holds the next up. Those before it had ended: there is one at a time.
        let last = log.iter().rposition(|fetch| fetch.arrived <= sent);
        let holds_up = |number: usize| Some(number) != last || sent < held_up_until(&log, number);
        let deciding: Vec<_> =
            (last.unwrap_or(0)..log.len()).filter(|number| holds_up(*number)).collect();
        let denies = |fetch: &Fetch| fetch.brought_by(received).is_some_and(|keys| !has(keys));
        let any = |test: &dyn Fn(&Fetch) -> bool| deciding.iter().any(|number| test(&log[*number]));
        Allowed {
            accepted: !with.is_empty(),
            refused: may_be_unknown && any(&denies),
            unavailable: may_be_unknown && any(&|fetch| fetch.failed_by(received)),
            at_once: !may_be_unknown,
        }
    }
}

/// Until when spacing and back-off may keep the next fetch from starting.
fn held_up_until(log: &[Fetch], number: usize) -> Instant {
    let fetch = &log[number];
    let spaced = fetch.arrived + spacing(log, number);
    let Some((ended, None)) = &fetch.ended else { return spaced };
    let failed = log[..=number].iter().rev().take_while(|it| it.failed_by(*ended)).count();
    let back_off = Duration::from_secs(1 << failed.saturating_sub(1).min(6)).min(MAX_BACK_OFF);
    spaced.max(*ended + GIVEN_UP_LATER + back_off)
}

/// From the start of this fetch: longer, if the last good ones brought no new key.
fn spacing(log: &[Fetch], number: usize) -> Duration {
    let fetches = log[..=number].iter().rev();
    let mut good = fetches.filter_map(|it| it.ended.as_ref()?.1.as_ref());
    let Some(newest) = good.next() else { return SPACING };
    let fruitless = good.take_while(|keys| *keys == newest).count();
    if fruitless >= MAX_FRUITLESS { WIDE_SPACING } else { SPACING }
}

/// How long before this fetch the one before must have started, at the least.
fn least_gap(log: &[Fetch], number: usize) -> Duration {
    let brought = |number: usize| log[number].ended.as_ref().and_then(|(_, keys)| keys.as_ref());
    // Too soon for keys of that age to be read again: so for a key that nobody had.
    let sure = |number: usize| {
        let gap = log[number].arrived - log[number - 1].arrived;
        brought(number - 1).is_some() && gap < REFRESH_AFTER.mul_f64(0.9)
    };
    let newest = (0..number).rev().find_map(brought);
    let since = (1..number).rev().take_while(|it| brought(*it).is_none() || brought(*it) == newest);
    // Of those, the first brought what the others confirmed.
    let confirming = since.filter(|it| brought(*it).is_some() && brought(*it - 1) == newest);
    let fruitless = confirming.filter(|it| sure(*it)).count();
    if fruitless >= MAX_FRUITLESS { WIDE_SPACING } else { SPACING }
}

fn key_ids(jwks: &Value) -> Vec<String> {
    let keys = jwks["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect()
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    GoodRefused,
    BadLetIn,
    /// 401 for a key that cannot be judged.
    OutageAsRefusal,
    /// 503 where the keys are at hand, or say enough.
    NeedlesslyUnavailable,
    /// Another status, a header missing, no answer at all.
    Odd,
}

const FAULTS: [(Fault, &str); 5] = [
    (Fault::GoodRefused, "good tokens refused"),
    (Fault::BadLetIn, "bad tokens let in"),
    (Fault::OutageAsRefusal, "outages answered 401"),
    (Fault::NeedlesslyUnavailable, "5xx where not allowed"),
    (Fault::Odd, "other wrong answers"),
];

/// One request.
struct Asked<'a> {
    kind: Kind,
    token: &'a str,
    sent: Instant,
    received: Instant,
}

#[derive(Default)]
struct Tally {
    answers: BTreeMap<(Kind, u16), u64>,
    faults: BTreeMap<Fault, u64>,
    examples: Vec<String>,
    /// Answers for which the log allowed more than one, because keys were just changing.
    ambiguous: u64,
    hung_up: u64,
    longest_wait: Duration,
    longest_prompt: Duration,
}

/// All that takes part.
struct Site {
    pool: TestPool,
    stranger: TestPool,
    endpoint: Arc<Endpoint>,
    keys: JwksCache,
    url: String,
    http: reqwest::Client,
    /// A token of the key that left the pool last.
    removed: Mutex<String>,
    flood: AtomicBool,
    tally: Mutex<Tally>,
    start: Instant,
    end: Instant,
}

impl Site {
    async fn open(length: Duration) -> Result<Arc<Self>, Failure> {
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

    fn tally(&self) -> MutexGuard<'_, Tally> {
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
    async fn send(&self, kind: Kind) {
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

    fn allowed(&self, asked: &Asked<'_>) -> Allowed {
        let by_key = self.endpoint.allowed(&key_id(asked.token), asked.sent, asked.received);
        match asked.kind {
            // Refused for what they say, whatever the keys are.
            Kind::Expired | Kind::Foreign => {
                Allowed { refused: true, at_once: true, ..Allowed::default() }
            }
            Kind::Forged => {
                Allowed { accepted: false, refused: by_key.accepted || by_key.refused, ..by_key }
            }
            Kind::Fresh | Kind::Repeated | Kind::Removed | Kind::Unknown | Kind::Impatient => {
                by_key
            }
        }
    }

    fn judge(&self, asked: &Asked<'_>, answer: &Result<StatusCode, Failure>) {
        let (allowed, waited) = (self.allowed(asked), asked.received - asked.sent);
        let fault = fault(allowed, answer);
        let mut tally = self.tally();
        tally.longest_wait = tally.longest_wait.max(waited);
        if allowed.at_once {
            tally.longest_prompt = tally.longest_prompt.max(waited);
        }
        let ways = [allowed.accepted, allowed.refused, allowed.unavailable];
        tally.ambiguous += u64::from(ways.into_iter().filter(|way| *way).count() > 1);
        if let Ok(status) = answer {
            *tally.answers.entry((asked.kind, status.as_u16())).or_default() += 1;
        }
        let Some(fault) = fault else { return };
        *tally.faults.entry(fault).or_default() += 1;
        if tally.examples.len() < 10 {
            let (at, kind) = ((asked.sent - self.start).as_secs_f64(), asked.kind);
            let example = format!("{at:.3} s, {kind:?}: {answer:?} after {waited:?}; {allowed:?}");
            tally.examples.push(example);
        }
    }

    /// Goes through the script, again and again, until the end.
    async fn direct(self: &Arc<Self>) -> Result<(), Failure> {
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

/// What is wrong with this answer, if anything is.
fn fault(allowed: Allowed, answer: &Result<StatusCode, Failure>) -> Option<Fault> {
    let Ok(status) = answer else { return Some(Fault::Odd) };
    match *status {
        StatusCode::OK => (!allowed.accepted).then_some(Fault::BadLetIn),
        StatusCode::UNAUTHORIZED if allowed.refused => None,
        StatusCode::UNAUTHORIZED if allowed.accepted => Some(Fault::GoodRefused),
        StatusCode::UNAUTHORIZED => Some(Fault::OutageAsRefusal),
        _ => (!allowed.unavailable).then_some(Fault::NeedlesslyUnavailable),
    }
}

/// The same token under a `kid` that no key has.
fn with_random_key_id(token: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap_or_default();
    let header = json!({ "kid": fastrand::u64(..).to_string(), "alg": "RS256" });
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

fn key_id(token: &str) -> String {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Value = serde_json::from_slice(&header.unwrap_or_default()).unwrap_or_default();
    header["kid"].as_str().unwrap_or_default().to_owned()
}

/// The longest time for which the machine left a thread waiting that wanted to run, in µs.
static STALL: AtomicU64 = AtomicU64::new(0);

fn stall() -> Duration {
    Duration::from_micros(STALL.load(Ordering::Relaxed))
}

/// Measures it on a thread of its own, so that nothing that the crate does can lengthen it.
fn watch_the_machine() {
    const BEAT: Duration = Duration::from_millis(5);
    loop {
        let start = Instant::now();
        std::thread::sleep(BEAT);
        let late = start.elapsed().saturating_sub(BEAT).as_micros();
        STALL.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Resident memory in KiB, where the system tells.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

async fn serve(router: Router) -> Result<String, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// What was promised and what happened, one to a line.
struct Report {
    broken: Vec<String>,
}

impl Report {
    fn line(&mut self, name: &str, found: impl Display, bound: impl Display, kept: bool) {
        let (found, verdict) = (found.to_string(), if kept { "" } else { "  BROKEN" });
        println!("  {name:<34} {found:>12}   {bound}{verdict}");
        if !kept {
            self.broken.push(format!("{name}: {found}, should be {bound}"));
        }
    }

    fn at_most(&mut self, name: &str, found: Duration, bound: Duration) {
        let [found_millis, millis] = [found, bound].map(|it| format!("{} ms", it.as_millis()));
        self.line(name, found_millis, format!("at most {millis}"), found <= bound);
    }

    fn answers(&mut self, tally: &Tally) {
        println!("\n  {:<12} {:>9} {:>9} {:>9}", "sent", "200", "401", "503");
        for (kind, _) in CLIENTS {
            let count = |status| tally.answers.get(&(kind, status)).copied().unwrap_or(0);
            let [good, bad, out] = [200, 401, 503].map(count);
            println!("  {:<12} {good:>9} {bad:>9} {out:>9}", format!("{kind:?}"));
        }
        let requests: u64 = tally.answers.values().sum();
        println!("\n  {} times more than one answer was allowed", tally.ambiguous);
        println!("  {} requests hung up before their answer\n", tally.hung_up);
        self.line("answers", requests, "more than 0", requests > 0);
        for (fault, name) in FAULTS {
            let count = tally.faults.get(&fault).copied().unwrap_or(0);
            self.line(name, count, 0, count == 0);
        }
        self.at_most("longest wait, nothing to wait for", tally.longest_prompt, PROMPT + stall());
        self.at_most("longest wait of all", tally.longest_wait, MAX_WAIT + PROMPT + stall());
        println!("  {:<34} {:>9} ms", "the machine's own longest stall", stall().as_millis());
    }

    fn fetches(&mut self, site: &Site) {
        let (log, status) = (site.endpoint.log(), site.keys.status());
        let most = 1 + site.start.elapsed().as_secs() / SPACING.as_secs();
        let made = u64::try_from(log.len()).unwrap_or(u64::MAX);
        self.line("fetches", made, format!("1 to {most}"), (1..=most).contains(&made));
        let asked = site.pool.jwks_requests();
        self.line("asked of the pool", asked, "each of them", asked == log.len());
        let counted = status.fetches_succeeded() + status.fetches_failed();
        let under_way = made.saturating_sub(counted);
        self.line("of them not yet counted", under_way, "0 or 1", under_way <= 1);
        let early = (1..log.len()).map(|number| {
            let gap = log[number].arrived - log[number - 1].arrived;
            least_gap(&log, number).saturating_sub(gap)
        });
        let late = (0..log.len()).map(|number| overdue(site, &log, number));
        self.at_most(
            "a fetch before it was allowed",
            early.max().unwrap_or_default(),
            TRAVEL + stall(),
        );
        self.at_most("a fetch after it was due", late.max().unwrap_or_default(), PROMPT + stall());
    }

    fn memory(&mut self, [start, warm]: [Option<u64>; 2]) {
        let (Some(start), Some(warm), Some(end)) = (start, warm, memory()) else {
            return println!("  this system does not tell how much memory is in use");
        };
        println!("  {:<34} {start:>8} KiB", "memory at the start");
        println!("  {:<34} {warm:>8} KiB", "memory when warm");
        println!("  {:<34} {end:>8} KiB", "memory at the end");
        let grown = end.saturating_sub(warm);
        let bound = format!("at most {MAX_GROWTH_KIB} KiB");
        self.line("growth", format!("{grown} KiB"), bound, grown <= MAX_GROWTH_KIB);
    }
}

/// By how much the fetch after this one came later than traffic should have started it.
fn overdue(site: &Site, log: &[Fetch], number: usize) -> Duration {
    let fetch = &log[number];
    let failed = fetch.failed_by(site.end);
    let old = fetch.arrived + REFRESH_AFTER.mul_f64(if failed { 0.0 } else { 1.1 });
    let next = log.get(number + 1).map_or(site.end, |next| next.arrived);
    next.saturating_duration_since(old.max(held_up_until(log, number)))
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let seconds = std::env::args().nth(1).map_or(Ok(30), |seconds| seconds.parse());
    std::thread::spawn(watch_the_machine);
    let site = Site::open(Duration::from_secs(seconds?)).await?;
    let (start, mut clients) = (memory(), tokio::task::JoinSet::new());
    for (kind, count) in CLIENTS {
        for _ in 0..count {
            let site = Arc::clone(&site);
            clients.spawn(async move { site.send(kind).await });
        }
    }
    let warm = tokio::spawn(async {
        sleep(WARM_UP).await;
        memory()
    });
    site.direct().await?;
    clients.join_all().await;
    let warm = if warm.is_finished() { warm.await? } else { memory() };
    let mut report = Report { broken: Vec::new() };
    report.answers(&site.tally());
    report.fetches(&site);
    report.memory([start, warm]);
    for line in &site.tally().examples {
        println!("  {line}");
    }
    for bound in &report.broken {
        eprintln!("broken: {bound}");
    }
    Ok(if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
