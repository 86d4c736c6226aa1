//! What the endpoint's log allows a token to be answered.

use std::time::{Duration, Instant};

use super::fetch::Fetch;
use super::machine::stall;
use super::promise::held_up_until;

/// From the endpoint's answer until its keys are in use, at most.
const LANDING: Duration = Duration::from_millis(500);

/// What a token may be answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowed {
    pub(crate) accepted: bool,
    pub(crate) refused: bool,
    pub(crate) unavailable: bool,
    /// Nothing to wait for.
    pub(crate) at_once: bool,
}

impl Allowed {
    /// What a token of the pool with this key may be answered, if it was under way in this time.
    pub(crate) fn for_key(log: &[Fetch], kid: &str, sent: Instant, received: Instant) -> Self {
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
        let holds_up = |number: usize| Some(number) != last || sent < held_up_until(log, number);
        let deciding: Vec<_> =
            (last.unwrap_or(0)..log.len()).filter(|number| holds_up(*number)).collect();
        let denies = |fetch: &Fetch| fetch.brought_by(received).is_some_and(|keys| !has(keys));
        let any = |test: &dyn Fn(&Fetch) -> bool| deciding.iter().any(|number| test(&log[*number]));
        Self {
            accepted: !with.is_empty(),
            refused: may_be_unknown && any(&denies),
            unavailable: may_be_unknown && any(&|fetch| fetch.failed_by(received)),
            at_once: !may_be_unknown,
        }
    }
}
