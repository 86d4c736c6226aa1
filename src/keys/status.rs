use std::time::Duration;

use crate::JwksError;

/// The state of a key cache.
///
/// Example: [an outage](crate::guide::key_rotation#an-outage).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwksState {
    /// No keys yet: the next token waits for a fetch.
    Empty,
    /// Keys younger than `refresh_after`.
    Fresh,
    /// Older: they are used at once, and the next token starts a refresh in the background.
    Due,
    /// Older, and no refresh was attempted for an hour, or the last attempt was lost with its runtime:
    /// the next token waits up to a second for a fetch.
    Idle,
    /// The last fetch failed: known keys are still used, a token with an unknown key gets 503.
    Outage,
    /// Older than `max_stale`: no token is accepted before a fetch succeeds.
    Expired,
}

/// The health of a key cache: from [`JwksCache::status`](crate::JwksCache::status).
///
/// Reading it fetches nothing.
///
/// Example: [a readiness route](crate::guide::deploying#containers).
#[derive(Clone, Debug)]
#[must_use]
pub struct JwksStatus {
    pub(super) state: JwksState,
    pub(super) key_ids: Vec<String>,
    pub(super) age: Option<Duration>,
    pub(super) last_error: Option<JwksError>,
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) stale_answers: u64,
}

impl JwksStatus {
    /// Returns the state of the cache.
    #[must_use]
    pub fn state(&self) -> JwksState {
        self.state
    }

    /// Returns whether tokens with known keys can be verified: neither [`JwksState::Empty`] nor
    /// [`JwksState::Expired`].
    ///
    /// A status fetches nothing, so a server that gets no traffic until this is true needs
    /// [`spawn_refresh`](crate::JwksCache::spawn_refresh).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !matches!(self.state, JwksState::Empty | JwksState::Expired)
    }

    /// Returns the ids of the keys, sorted.
    #[must_use]
    pub fn key_ids(&self) -> &[String] {
        &self.key_ids
    }

    /// Returns the age of the keys: the time since the fetch that brought or confirmed them began.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Returns why the last fetch failed; `None` after a good one.
    #[must_use]
    pub fn last_error(&self) -> Option<&JwksError> {
        self.last_error.as_ref()
    }

    /// Returns how many fetches brought or confirmed keys.
    #[must_use]
    pub fn fetches_succeeded(&self) -> u64 {
        self.succeeded
    }

    /// Returns how many fetches failed.
    #[must_use]
    pub fn fetches_failed(&self) -> u64 {
        self.failed
    }

    /// Returns how many tokens were verified with keys whose last refresh had failed.
    #[must_use]
    pub fn stale_answers(&self) -> u64 {
        self.stale_answers
    }
}
