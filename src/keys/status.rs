use std::time::Duration;

use crate::JwksError;

/// What a cache can do for a token at the moment.
///
/// Example: [an outage](crate::guide::key_rotation#an-outage).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwksState {
    /// No keys yet: the next token waits for a fetch.
    Empty,
    /// Keys younger than `refresh_after`.
    Fresh,
    /// Older: they answer at once, and the next token starts a fetch behind.
    Due,
    /// Older, and nothing was tried for an hour, or what was tried is lost with its runtime: the next
    /// token waits up to a second for a fetch.
    Idle,
    /// The last fetch failed: known keys go on answering, a token with an unknown one gets 503.
    Outage,
    /// Older than `max_stale`: no token is accepted before a fetch succeeds.
    Expired,
}

/// How the keys of a pool are, for a health check: from [`JwksCache::status`](crate::JwksCache::status).
///
/// It reads what is known and fetches nothing.
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
    /// What the cache can do for a token at the moment.
    #[must_use]
    pub fn state(&self) -> JwksState {
        self.state
    }

    /// Whether tokens with known keys are being judged: neither [`JwksState::Empty`] nor
    /// [`JwksState::Expired`].
    ///
    /// A status fetches nothing, so a server that gets no traffic until this is true needs
    /// [`spawn_refresh`](crate::JwksCache::spawn_refresh).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !matches!(self.state, JwksState::Empty | JwksState::Expired)
    }

    /// The ids of the keys, sorted.
    #[must_use]
    pub fn key_ids(&self) -> &[String] {
        &self.key_ids
    }

    /// How long ago the fetch began that brought or confirmed the keys.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Why the last fetch failed; `None` after a good one.
    #[must_use]
    pub fn last_error(&self) -> Option<&JwksError> {
        self.last_error.as_ref()
    }

    /// How many fetches brought or confirmed keys.
    #[must_use]
    pub fn fetches_succeeded(&self) -> u64 {
        self.succeeded
    }

    /// How many fetches failed.
    #[must_use]
    pub fn fetches_failed(&self) -> u64 {
        self.failed
    }

    /// How many tokens were judged by keys whose last refresh had failed.
    #[must_use]
    pub fn stale_answers(&self) -> u64 {
        self.stale_answers
    }
}
