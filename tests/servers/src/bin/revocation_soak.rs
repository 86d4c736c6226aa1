//! The promise of `OnLoss::RefuseAfter`, under faults at random: an ended token is accepted nowhere later than the limit
//! after its sign-out was acknowledged, and no other token is ever refused as ended.
//!
//! ```sh
//! cargo run --release -p servers -- 600            # for so many seconds
//! cargo run --release -p servers -- 600 valkey 42  # another server, and the seed of a run to repeat
//! ```
//!
//! Twenty programs verify tokens all the time, one after the other signs a user out, and the server is killed, frozen,
//! emptied and paused. It keeps what it acknowledges, but for the moments when it is emptied: an ended token is then known
//! to the programs, which restore the list.

use std::{
    env,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum_cognito::{OnLoss, RedisLog};
use fastrand::Rng;
use servers::{Fleet, Options, Program, Server, Verdict};
use tokio::{
    task::{JoinSet, block_in_place},
    time::sleep,
};

const MEMBERS: usize = 20;
const LIMIT: Duration = Duration::from_secs(5);
/// How many ended tokens are asked about: the last ones.
const KEPT: usize = 200;
/// What memory may grow by after the first quarter: entries stay for a day, 70 bytes in each program.
const GROWTH: u64 = 32 * 1024 * 1024;

/// What everybody counts.
#[derive(Default)]
struct Counts {
    accepted: AtomicU64,
    ended: AtomicU64,
    unavailable: AtomicU64,
    sign_outs: AtomicU64,
    failed_sign_outs: AtomicU64,
    /// The longest that an ended token was still accepted, in milliseconds.
    longest: AtomicU64,
    violations: Mutex<Vec<String>>,
}

/// Tokens, and when the end of each was acknowledged.
#[derive(Default)]
struct Tokens {
    good: Vec<String>,
    ended: Vec<(String, Instant)>,
}

struct Soak {
    fleet: Fleet,
    server: Server,
    tokens: Mutex<Tokens>,
    counts: Counts,
    is_over: AtomicBool,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let argument = |at: usize| arguments.get(at).map(String::as_str);
    let seconds = argument(0).and_then(|text| text.parse().ok()).unwrap_or(30);
    let program = match argument(1) {
        None | Some("redis") => Program::Redis,
        Some("valkey") => Program::Valkey,
        Some(other) => panic!("{other} is neither redis nor valkey"),
    };
    let seed = argument(2).and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{MEMBERS} programs on one {program:?} for {seconds} s, seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let violations = runtime.expect("a runtime").block_on(run(
        program,
        Duration::from_secs(seconds),
        Rng::with_seed(seed),
    ));
    for violation in &violations {
        println!("VIOLATION: {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(program: Program, duration: Duration, mut random: Rng) -> Vec<String> {
    let server = Options::of(program).start();
    let log = || RedisLog::new(server.url()).expect("the URL is right");
    let fleet = Fleet::new(MEMBERS, log, OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let soak = Arc::new(Soak {
        fleet,
        server,
        tokens: Mutex::default(),
        counts: Counts::default(),
        is_over: AtomicBool::new(false),
    });
    soak.refill();
    let mut tasks = JoinSet::new();
    for member in 0..MEMBERS {
        tasks.spawn(Arc::clone(&soak).verify(member, random.fork()));
    }
    tasks.spawn(Arc::clone(&soak).sign_out(random.fork()));
    let memory = soak.fail(duration, &mut random).await;
    soak.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task panics");
    }
    soak.settle().await;
    soak.report(&memory)
}

impl Soak {
    /// Asks one program about tokens until the end.
    async fn verify(self: Arc<Self>, member: usize, mut random: Rng) {
        while !self.is_over.load(Ordering::Relaxed) {
            let Some((token, ended)) = self.pick(&mut random) else { continue };
            let asked = Instant::now();
            let verdict = self.fleet.verdict(member, &token).await;
            self.count(member, ended, asked, verdict);
            sleep(Duration::from_millis(random.u64(1..10))).await;
        }
    }

    /// One of the good tokens, or one of the ended ones with the moment in which its end was acknowledged.
    fn pick(&self, random: &mut Rng) -> Option<(String, Option<Instant>)> {
        let tokens = self.tokens();
        if random.bool() && !tokens.ended.is_empty() {
            let (token, at) = random.choice(&tokens.ended)?;
            return Some((token.clone(), Some(*at)));
        }
        Some((random.choice(&tokens.good)?.clone(), None))
    }

    fn count(&self, member: usize, ended: Option<Instant>, asked: Instant, verdict: Verdict) {
        let Counts { accepted, ended: ends, unavailable, longest, .. } = &self.counts;
        match verdict {
            Verdict::Accepted => accepted.fetch_add(1, Ordering::Relaxed),
            Verdict::Ended => ends.fetch_add(1, Ordering::Relaxed),
            Verdict::Unavailable => unavailable.fetch_add(1, Ordering::Relaxed),
        };
        match (ended, verdict) {
            (Some(at), Verdict::Accepted) => {
                // It was decided no earlier than it was asked.
                let late = asked.saturating_duration_since(at);
                let milliseconds = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
                longest.fetch_max(milliseconds, Ordering::Relaxed);
                if late > LIMIT {
                    self.violation(format!(
                        "program {member} accepts an ended token after {late:?}"
                    ));
                }
            }
            (None, Verdict::Ended) => {
                self.violation(format!("program {member} calls a good token ended"));
            }
            (_, Verdict::Accepted | Verdict::Ended | Verdict::Unavailable) => {}
        }
    }

    /// Ends one sign-in after the other, at any of the programs.
    async fn sign_out(self: Arc<Self>, mut random: Rng) {
        while !self.is_over.load(Ordering::Relaxed) {
            self.refill();
            // From here on nobody takes it for a good one; who has it already may find it ended.
            let token = self.fleet.token("alice");
            let outcome = self.fleet.end(random.usize(0..MEMBERS), &token).await;
            match outcome {
                Ok(()) => {
                    self.counts.sign_outs.fetch_add(1, Ordering::Relaxed);
                    let mut tokens = self.tokens();
                    tokens.ended.push((token, Instant::now()));
                    let surplus = tokens.ended.len().saturating_sub(KEPT);
                    tokens.ended.drain(..surplus);
                }
                Err(_) => {
                    self.counts.failed_sign_outs.fetch_add(1, Ordering::Relaxed);
                }
            }
            sleep(Duration::from_millis(random.u64(1..50))).await;
        }
    }

    /// Makes the server fail in one way after the other, and measures memory meanwhile.
    async fn fail(&self, duration: Duration, random: &mut Rng) -> Vec<u64> {
        let began = Instant::now();
        let mut memory = Vec::new();
        while began.elapsed() < duration {
            sleep(Duration::from_millis(random.u64(500..4000))).await;
            memory.push(resident());
            let pause = Duration::from_millis(random.u64(100..9000));
            match random.u8(0..5) {
                0 => {
                    self.server.kill();
                    sleep(pause / 2).await;
                    block_in_place(|| self.server.restart());
                }
                1 => {
                    self.server.freeze();
                    sleep(pause).await;
                    self.server.thaw();
                }
                2 => block_in_place(|| self.server.flush()),
                3 => {
                    block_in_place(|| self.server.pause(pause));
                    sleep(pause).await;
                }
                _ => block_in_place(|| self.server.restart()),
            }
        }
        memory
    }

    /// Once the server is well, everybody knows all that was ended, and a program that starts now does too.
    async fn settle(&self) {
        let within = Duration::from_secs(60);
        let ended = self.tokens().ended.clone();
        for (token, _) in &ended {
            self.fleet.all_become(Verdict::Ended, token, within).await;
        }
        let good = self.tokens().good.clone();
        for token in &good {
            self.fleet.all_become(Verdict::Accepted, token, within).await;
        }
    }

    fn report(&self, memory: &[u64]) -> Vec<String> {
        let Counts {
            accepted,
            ended,
            unavailable,
            sign_outs,
            failed_sign_outs,
            longest,
            violations,
        } = &self.counts;
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        println!(
            "accepted {}, ended {}, unavailable {}; sign-outs {} acknowledged, {} failed",
            number(accepted),
            number(ended),
            number(unavailable),
            number(sign_outs),
            number(failed_sign_outs),
        );
        println!("an ended token was accepted for {} ms at most, of {LIMIT:?}", number(longest));
        let mut violations = violations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let quarter = memory.get(memory.len() / 4).copied().unwrap_or_default();
        let last = memory.last().copied().unwrap_or_default();
        println!("memory: {} MB after a quarter, {} MB at the end", quarter >> 20, last >> 20);
        if last.saturating_sub(quarter) > GROWTH {
            violations.push(format!("memory grew from {quarter} to {last} bytes"));
        }
        if number(sign_outs) == 0 || number(accepted) == 0 {
            violations.push("nothing happened".to_owned());
        }
        violations
    }

    fn refill(&self) {
        let mut tokens = self.tokens();
        while tokens.good.len() < KEPT / 10 {
            let token = self.fleet.token("alice");
            tokens.good.push(token);
        }
    }

    fn violation(&self, text: String) {
        println!("VIOLATION: {text}");
        self.counts.violations.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What this process has in memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
