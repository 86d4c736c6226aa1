//! A protected API under load, while the JWKS endpoint behind it is slowed, cut, rotated and restored.
//!
//! ```sh
//! cargo run --release -p soak -- 30
//! ```
//!
//! All of it over loopback sockets, for as many seconds as it is told (30 by default; a whole round
//! of the script takes 60). Clients send good, expired, forged, foreign, unknown and removed-key
//! tokens. Each answer is held against what the endpoint's own log of fetches allows at that
//! moment, and nothing else passes: a key is known once the endpoint has given it out and until it
//! has given out a set without it; an unknown one is 401 after a good fetch, 503 after a failed one.
//! It prints what it counted, names each bound that was broken, and then fails.

mod allowed;
mod endpoint;
mod fetch;
mod judge;
mod machine;
mod promise;
mod report;
mod script;
mod site;
mod traffic;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use self::machine::{memory, watch_the_machine};
use self::report::Report;
use self::site::Site;
use self::traffic::CLIENTS;

type Failure = Box<dyn Error + Send + Sync>;

const CLIENT_ID: &str = "soak-client";

/// Before it, the cache of verified tokens and the allocator fill up.
const WARM_UP: Duration = Duration::from_secs(10);

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
