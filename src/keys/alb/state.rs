use std::time::Duration;

use super::KeyId;
use super::wanted::Wanted;
use crate::clock::Moment;
use crate::keys::control::{Cause, Control, Ending};

/// How long an answer that there is no such key is believed.
const ABSENT_FOR: Duration = Duration::from_secs(10);

/// What decides over the next fetch.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) control: Control,
    pub(super) wanted: Wanted,
    /// The keys that the endpoint did not have, with the start of the fetch that said so. Few,
    /// because fetches are.
    absent: Vec<(KeyId, Moment)>,
}

impl State {
    /// Whether the endpoint has just said that it does not have this key.
    pub(super) fn is_absent(&self, id: KeyId, now: Moment) -> bool {
        self.absent.iter().any(|(own, since)| *own == id && now.since(*since) < ABSENT_FOR)
    }

    /// Notes that the endpoint does not have this key.
    pub(super) fn note_absent(&mut self, id: KeyId, since: Moment) {
        self.absent.retain(|(own, earlier)| *own != id && since.since(*earlier) < ABSENT_FOR);
        self.absent.push((id, since));
    }

    /// Notes how a fetch ended. Returns whether it ends an outage.
    pub(super) fn end(&mut self, cause: Cause, ending: Ending, now: Moment) -> bool {
        let was_out = self.control.last_error.is_some();
        self.control.end(cause, ending, now);
        was_out && self.control.last_error.is_none()
    }
}
