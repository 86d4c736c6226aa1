use super::KeyId;
use super::denied::Denied;
use super::wanted::Wanted;
use crate::clock::Moment;
use crate::keys::schedule::{FetchEnd, FetchReason, Schedule};

/// Every so many fetches, one is for a key that was denied before, if one is asked for again.
const DENIED_EVERY: u32 = 4;

/// What decides over the next fetch.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) schedule: Schedule,
    pub(super) denied: Denied,
    wanted: Wanted,
    /// The key of the fetch that is under way.
    fetching: Option<KeyId>,
    taken: u32,
}

impl State {
    /// One more request for a key that is not at hand, or is due.
    ///
    /// It counts for the next fetch unless the one under way is for this key, or the endpoint denied
    /// it before.
    pub(super) fn note(&mut self, id: KeyId, now: Moment) {
        if self.wanted.touch(now) {
            self.denied.forget_who_asked();
        }
        if self.fetching != Some(id) && !self.denied.ask(id, now) {
            self.wanted.note(id);
        }
    }

    /// The key to fetch now, for a request that names `id`.
    pub(super) fn take(&mut self, id: KeyId) -> KeyId {
        self.taken = self.taken.wrapping_add(1);
        let denied_first = self.taken % DENIED_EVERY == 0;
        let denied = if denied_first { self.denied.take() } else { None };
        let next = denied.or_else(|| self.wanted.take()).or_else(|| self.denied.take());
        let next = next.unwrap_or(id);
        self.fetching = Some(next);
        next
    }

    /// Notes how a fetch ended. Returns whether it ends an outage.
    pub(super) fn end(&mut self, cause: FetchReason, ending: FetchEnd, now: Moment) -> bool {
        let was_out = self.schedule.last_error.is_some();
        self.fetching = None;
        self.schedule.end(cause, ending, now);
        was_out && self.schedule.last_error.is_none()
    }
}
