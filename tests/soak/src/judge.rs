//! Each answer, held against what is allowed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use super::Failure;
use super::allowed::Allowed;
use super::site::Site;
use super::traffic::{Kind, key_id};

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    GoodRefused,
    BadLetIn,
    /// 401 for a key that cannot be judged.
    OutageAsRefusal,
    /// 503 where the keys are at hand, or say enough.
    NeedlesslyUnavailable,
    /// Another status, a header missing, no answer at all.
    Odd,
}

pub(crate) const FAULTS: [(Fault, &str); 5] = [
    (Fault::GoodRefused, "good tokens refused"),
    (Fault::BadLetIn, "bad tokens let in"),
    (Fault::OutageAsRefusal, "outages answered 401"),
    (Fault::NeedlesslyUnavailable, "5xx where not allowed"),
    (Fault::Odd, "other wrong answers"),
];

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

/// One request.
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    pub(crate) token: &'a str,
    pub(crate) sent: Instant,
    pub(crate) received: Instant,
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) answers: BTreeMap<(Kind, u16), u64>,
    pub(crate) faults: BTreeMap<Fault, u64>,
    pub(crate) examples: Vec<String>,
    /// Answers for which the log allowed more than one, because keys were just changing.
    pub(crate) ambiguous: u64,
    pub(crate) hung_up: u64,
    pub(crate) longest_wait: Duration,
    pub(crate) longest_prompt: Duration,
}

impl Site {
    fn allowed(&self, asked: &Asked<'_>) -> Allowed {
        let by_key = Allowed::for_key(
            &self.endpoint.log(),
            &key_id(asked.token),
            asked.sent,
            asked.received,
        );
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

    pub(crate) fn judge(&self, asked: &Asked<'_>, answer: &Result<StatusCode, Failure>) {
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
}
