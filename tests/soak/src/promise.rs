//! When the crate promises to fetch, and when not to.

use std::time::{Duration, Instant};

use super::fetch::Fetch;
use super::site::{REFRESH_AFTER, Site};

pub(crate) const SPACING: Duration = Duration::from_secs(5);

const WIDE_SPACING: Duration = Duration::from_secs(10);

const MAX_FRUITLESS: usize = 3;

const MAX_BACK_OFF: Duration = Duration::from_secs(60);

/// By how much a fetch may outlast what the endpoint noted as its failure.
const GIVEN_UP_LATER: Duration = Duration::from_millis(1500);

/// Until when spacing and back-off may keep the next fetch from starting.
pub(crate) fn held_up_until(log: &[Fetch], number: usize) -> Instant {
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
pub(crate) fn least_gap(log: &[Fetch], number: usize) -> Duration {
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

/// By how much the fetch after this one came later than traffic should have started it.
pub(crate) fn overdue(site: &Site, log: &[Fetch], number: usize) -> Duration {
    let fetch = &log[number];
    let failed = fetch.failed_by(site.end);
    let old = fetch.arrived + REFRESH_AFTER.mul_f64(if failed { 0.0 } else { 1.1 });
    let next = log.get(number + 1).map_or(site.end, |next| next.arrived);
    next.saturating_duration_since(old.max(held_up_until(log, number)))
}
