//! What a fleet did in its day.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::day::{DAY, REMOVAL, ROTATION};
use super::part::Part;

/// What a fleet did in its day.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) requests: Vec<u32>,
    /// From an instance's first token of the new key until it accepted one, at the longest.
    pub(crate) accepting: usize,
    /// From the rotation, and from the removal, until the last instance knew of it.
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    pub(crate) never: usize,
}

impl Record {
    pub(crate) fn add(&mut self, part: &Part) {
        self.requests.resize(DAY, 0);
        for (sum, requests) in self.requests.iter_mut().zip(&part.endpoint.requests) {
            *sum += requests.load(Ordering::Relaxed);
        }
        for instance in &part.instances {
            let times = (instance.asked_for_new, instance.accepted_new, instance.refused_removed);
            let (Some(asked), Some(accepted), Some(refused)) = times else {
                self.never += 1;
                continue;
            };
            self.accepting = self.accepting.max(accepted - asked);
            self.accepted = self.accepted.max(accepted - ROTATION);
            self.refused = self.refused.max(refused - REMOVAL);
        }
    }

    pub(crate) fn median(&self) -> u32 {
        let mut requests = self.requests.clone();
        requests.sort_unstable();
        requests[DAY / 2]
    }

    pub(crate) fn peak(&self, seconds: Range<usize>) -> u32 {
        self.requests[seconds].iter().copied().max().unwrap_or_default()
    }

    pub(crate) fn mean(&self, seconds: Range<usize>) -> u32 {
        let length = u32::try_from(seconds.len()).unwrap_or(u32::MAX);
        self.requests[seconds].iter().sum::<u32>() / length
    }
}
