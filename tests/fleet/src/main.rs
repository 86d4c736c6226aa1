//! A day of 10,000 instances in a minute or two: what a fleet asks of the JWKS endpoint.
//!
//! ```sh
//! cargo run --release -p fleet
//! ```
//!
//! Each instance is a real `CognitoVerifier` with a `JwksCache` of its own, on tokio's paused clock,
//! with a JWKS endpoint in memory that answers at once. A token comes to each every 2 seconds. During
//! the day a key is removed, the signing key is rotated, the endpoint is out for two hours, and
//! tokens with unknown keys flood every instance.
//!
//! The endpoint knows what the crate will draw, because it seeds `fastrand`, from which the crate
//! draws, before it answers. So tokens that can change nothing are left out, and where the table says
//! "none" the dice are loaded: `refresh_after` is 300 s, each back-off as long as it can be. All
//! seeds are fixed: every run prints the same.

mod day;
mod dice;
mod endpoint;
mod instance;
mod keys;
mod part;
mod record;
mod table;

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use self::day::HOUR;
use self::keys::Keys;
use self::part::{PART, live};
use self::record::Record;
use self::table::print;

type Failure = Box<dyn Error + Send + Sync>;

const INSTANCES: usize = 10_000;

const CLIENT_ID: &str = "fleet";

/// How a fleet is started, and whether its instances draw their own times.
#[derive(Clone, Copy)]
struct Scenario {
    /// The instances start over so many seconds.
    started_over: usize,
    jitter: bool,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario { started_over: 1, jitter: true },
    Scenario { started_over: HOUR, jitter: true },
    Scenario { started_over: 1, jitter: false },
    Scenario { started_over: HOUR, jitter: false },
];

fn run(scenario: Scenario, keys: &Arc<Keys>) -> Result<Record, Failure> {
    let (parts, record) = (AtomicUsize::new(0), Mutex::new(Record::default()));
    let work = || -> Result<(), Failure> {
        loop {
            let number = parts.fetch_add(1, Ordering::Relaxed);
            if number >= INSTANCES / PART {
                return Ok(());
            }
            let part = live(scenario, Arc::clone(keys), number)?;
            record.lock().expect("no thread has panicked").add(&part);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    Ok(record.into_inner().expect("no thread has panicked"))
}

fn main() -> Result<(), Failure> {
    let (start, keys) = (Instant::now(), Arc::new(Keys::make()));
    let records = SCENARIOS.map(|scenario| run(scenario, &keys));
    print(&records.into_iter().collect::<Result<Vec<_>, _>>()?);
    println!("\nsimulated in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
