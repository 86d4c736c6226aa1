use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::Revocations;
use super::entry::MAX_TOKEN_LIFETIME;
use super::log::{DynRevocationLog, OnLoss, RevocationLog};
use super::state::{Shared, State};
use crate::ConfigError;
use crate::clock::Clock;

const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000_000).unwrap();
const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(3);

/// Settings of a [`Revocations`]: from [`Revocations::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use axum_cognito::Revocations;
///
/// // The pool's tokens live for an hour at most, so no entry is needed for longer.
/// let revocations = Revocations::builder().lifetime(Duration::from_secs(3600)).build()?;
/// # let _ = revocations;
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[must_use]
pub struct RevocationsBuilder {
    shared: Option<(Arc<dyn DynRevocationLog>, OnLoss)>,
    capacity: NonZeroUsize,
    lifetime: Duration,
    max_wait: Duration,
    clock: Option<Clock>,
}

impl RevocationsBuilder {
    pub(super) fn new() -> Self {
        Self {
            shared: None,
            capacity: DEFAULT_CAPACITY,
            lifetime: MAX_TOKEN_LIFETIME,
            max_wait: DEFAULT_MAX_WAIT,
            clock: None,
        }
    }

    /// Shares the list through a log; `on_loss` says what happens while it cannot be heard. Defaults
    /// to a list of this process alone.
    pub fn shared(mut self, log: impl RevocationLog, on_loss: OnLoss) -> Self {
        self.shared = Some((Arc::new(log), on_loss));
        self
    }

    /// Sets how many entries the list may hold. Defaults to 1,000,000, at about 70 B each (and the
    /// length of ids that are not UUIDs).
    ///
    /// An entry that finds no room is an `error` in the program's log, and an error for who adds
    /// it: nothing makes room for it but entries that expire, since each one dropped would let an
    /// ended token in. A shared list that is full is not complete, which is as bad as a log that
    /// is not heard: [`OnLoss`] says what happens, until there is room and the log was read again.
    pub fn capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets for how long the entries of `end_…` and `require_renewal` stay: no shorter than the
    /// longest life of a token of the pool. Defaults to 24 hours, Cognito's maximum.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets how long a request waits at most for the first full read of the log, counted from the
    /// first use. Defaults to 3 s. After it [`OnLoss`] counts.
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Takes the time from a clock that a test can move. Defaults to that of the first verifier
    /// that uses the list and has one, else to the clock of the system.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::TestClock) -> Self {
        self.clock = Some(Clock::Test(clock));
        self
    }

    /// Builds the list. It reads nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Duration`] for a lifetime under a second.
    pub fn build(self) -> Result<Revocations, ConfigError> {
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::Duration {
                name: "lifetime",
                value: self.lifetime,
                expected: "a second or longer",
            });
        }
        Ok(Revocations { state: Arc::new(self.into_state()) })
    }

    pub(super) fn into_state(self) -> State {
        let shared = self.shared.map(|(log, on_loss)| Shared::new(log, on_loss));
        State::new(self.capacity.get(), self.lifetime, self.max_wait, shared, self.clock)
    }
}

impl fmt::Debug for RevocationsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationsBuilder")
            .field("on_loss", &self.shared.as_ref().map(|(_, on_loss)| on_loss))
            .field("capacity", &self.capacity)
            .field("lifetime", &self.lifetime)
            .field("max_wait", &self.max_wait)
            .finish_non_exhaustive()
    }
}
