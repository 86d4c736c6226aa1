//! One fetch, as the endpoint saw it.

use std::time::Instant;

/// One fetch, as the endpoint saw it.
pub(crate) struct Fetch {
    pub(crate) arrived: Instant,
    /// When it was answered or given up, and the ids of the keys that it brought.
    pub(crate) ended: Option<(Instant, Option<Vec<String>>)>,
}

impl Fetch {
    /// The keys that it had brought by this moment.
    pub(crate) fn brought_by(&self, moment: Instant) -> Option<&[String]> {
        self.ended.as_ref().filter(|(at, _)| *at <= moment)?.1.as_deref()
    }

    pub(crate) fn failed_by(&self, moment: Instant) -> bool {
        self.ended.as_ref().is_some_and(|(at, keys)| *at <= moment && keys.is_none())
    }
}
