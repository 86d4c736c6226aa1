//! What was promised and what happened.

use std::fmt::Display;
use std::time::Duration;

use super::judge::{FAULTS, Tally};
use super::machine::{memory, stall};
use super::promise::{SPACING, least_gap, overdue};
use super::site::Site;
use super::traffic::CLIENTS;

const MAX_WAIT: Duration = Duration::from_secs(3);

/// What a request that waits for no fetch may take, and what a wait may take beyond its end.
const PROMPT: Duration = Duration::from_millis(500);

/// How much later than the fetch's start the endpoint may see its request.
const TRAVEL: Duration = Duration::from_millis(250);

const MAX_GROWTH_KIB: u64 = 16 * 1024;

/// What was promised and what happened, one to a line.
pub(crate) struct Report {
    pub(crate) broken: Vec<String>,
}

impl Report {
    pub(crate) fn line(
        &mut self,
        name: &str,
        found: impl Display,
        bound: impl Display,
        kept: bool,
    ) {
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

    pub(crate) fn answers(&mut self, tally: &Tally) {
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

    pub(crate) fn fetches(&mut self, site: &Site) {
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

    pub(crate) fn memory(&mut self, [start, warm]: [Option<u64>; 2]) {
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
