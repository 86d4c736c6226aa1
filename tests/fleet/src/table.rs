//! The table that is printed: a column for each scenario.

use std::ops::Range;

use super::day::{FLOOD, HOUR, OUTAGE, ROTATION};
use super::record::Record;
use super::{INSTANCES, SCENARIOS, Scenario};

/// A line of the table, and the stretch of the day that it is about.
const STRETCHES: [(&str, Range<usize>); 8] = [
    ("the first minute", 0..60),
    ("hour 5, nothing happens", 5 * HOUR..6 * HOUR),
    ("the minute after the rotation", ROTATION..ROTATION + 60),
    ("hour 12, nothing happens", 12 * HOUR..13 * HOUR),
    ("the first minute of the outage", OUTAGE.start..OUTAGE.start + 60),
    ("the second hour of the outage", OUTAGE.start + HOUR..OUTAGE.end),
    ("the minute after the outage", OUTAGE.end..OUTAGE.end + 60),
    ("two minutes of unknown keys", FLOOD),
];

pub(crate) fn print(records: &[Record]) {
    let line = |name: &str, cell: &dyn Fn(&Record) -> String| {
        let cells: Vec<_> = records.iter().map(|it| format!("{:>18}", cell(it))).collect();
        println!("{name:<40}{}", cells.concat());
    };
    let head = |name: &str, part: fn(&Scenario) -> &'static str| {
        let cells: Vec<_> = SCENARIOS.iter().map(|it| format!("{:>18}", part(it))).collect();
        println!("{name:<40}{}", cells.concat());
    };
    println!("{INSTANCES} instances for a day. JWKS requests of all of them together:\n");
    head("started", |it| if it.started_over > 1 { "over an hour" } else { "in one second" });
    head("jitter", |it| if it.jitter { "as shipped" } else { "none" });
    line("median of the day, per second", &|it| it.median().to_string());
    for (name, stretch) in STRETCHES {
        let peak = |it: &Record| it.peak(stretch.clone());
        let mean = |it: &Record| it.mean(stretch.clone());
        line(name, &|it| format!("{} (peak {})", mean(it), peak(it)));
    }
    println!();
    line("accepts the new key, last instance", &|it| format!("{} s", it.accepted));
    line("since its own first new token, longest", &|it| format!("{} s", it.accepting));
    line("refuses the removed key, last instance", &|it| format!("{} s", it.refused));
    line("instances that never did", &|it| it.never.to_string());
}
