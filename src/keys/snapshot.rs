use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;

use super::key_set::{Key, KeySet};
use super::schedule::FetchReason;
use crate::clock::Moment;

/// Said when nothing tells how long: the next fetch may start at once, or there will be none.
pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The newest keys do not have it.
    Unknown,
    /// The pool has no such issuer.
    NoIssuer,
    /// No keys, or none new enough to tell.
    Unavailable { retry_after: Duration },
}

/// The keys as they are at one moment.
pub(crate) struct Snapshot {
    pub(super) key_set: Guard<Option<Arc<KeySet>>>,
    pub(super) usable: bool,
    pub(super) wants_refresh: bool,
}

impl Snapshot {
    /// Returns the key with this id, if the keys are not too old to be used at all.
    pub(crate) fn key(&self, kid: &str) -> Option<&Arc<Key>> {
        if self.usable { self.key_set.as_ref()?.get(kid) } else { None }
    }

    /// Whether the keys are due for a refresh, or the last one failed.
    pub(crate) fn wants_refresh(&self) -> bool {
        self.wants_refresh
    }

    /// Whether there are keys that may be used.
    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// Why a fetch is wanted for a key that is not here, for a token that came at `arrived`.
    ///
    /// # Errors
    ///
    /// [`NoKey::Unknown`] if no fetch can bring it.
    pub(super) fn reason_to_fetch(&self, arrived: Moment) -> Result<FetchReason, NoKey> {
        let Some(key_set) = self.key_set.as_ref().filter(|_| self.usable) else {
            return Ok(FetchReason::NoKeys);
        };
        // A fetch that started after this token arrived succeeded and still lacks the key, so the key
        // does not exist.
        if key_set.fetched && key_set.started.is_from(arrived) {
            return Err(NoKey::Unknown);
        }
        Ok(FetchReason::UnknownKey)
    }
}
