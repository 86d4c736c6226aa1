use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;

use super::key_set::{Key, KeySet};
use super::schedule::{FetchReason, Schedule};
use super::status::JwksState;
use crate::clock::Moment;

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The newest keys do not have it.
    Unknown,
    /// No keys, or none new enough to tell.
    Unavailable { retry_after: Duration },
}

/// The keys as they are at one moment.
pub(crate) struct Snapshot {
    pub(super) key_set: Guard<Option<Arc<KeySet>>>,
    pub(super) alive: bool,
    pub(super) ageing: bool,
}

impl Snapshot {
    /// The key with this id, if the keys are not too old to be used at all.
    pub(crate) fn key(&self, kid: &str) -> Option<&Arc<Key>> {
        if self.alive { self.key_set.as_ref()?.get(kid) } else { None }
    }

    /// Whether the keys want a refresh, so that the answer goes by [`IssuerKeys::tend`].
    pub(crate) fn wants_refresh(&self) -> bool {
        self.ageing
    }

    /// Whether there are keys at all that may be used.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive
    }

    /// Why a fetch is wanted for a key that is not here, if one can bring it.
    pub(super) fn reason_to_fetch(&self, arrived: Moment) -> Result<FetchReason, NoKey> {
        let Some(key_set) = self.key_set.as_ref().filter(|_| self.alive) else {
            return Ok(FetchReason::NoKeys);
        };
        // What a good fetch that began after the token came did not bring does not exist.
        let newest = key_set.fetched && key_set.started.is_from(arrived);
        if newest { Err(NoKey::Unknown) } else { Ok(FetchReason::UnknownKey) }
    }

    pub(super) fn state(
        &self,
        schedule: &Schedule,
        lost_after: Duration,
        now: Moment,
    ) -> JwksState {
        let Some(key_set) = self.key_set.as_ref() else {
            return JwksState::Empty;
        };
        if !self.alive {
            JwksState::Expired
        } else if schedule.last_error.is_some() {
            JwksState::Outage
        } else if !self.ageing {
            JwksState::Fresh
        } else if schedule.is_idle(key_set.started, lost_after, now) {
            JwksState::Idle
        } else {
            JwksState::Due
        }
    }
}
