use std::time::Duration;

use crate::RevocationError;

/// What a list of revocations can say of a token at the moment.
///
/// Example: [a readiness route](crate::guide::revocation#operations).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevocationsState {
    /// The log was not yet read as a whole: a token waits for it, for up to
    /// [`max_wait`](crate::RevocationsBuilder::max_wait) after the first use.
    Reading,
    /// The list is complete, as of a moment ago. A list in memory is always in this state, unless
    /// it is full.
    Current,
    /// Nothing was heard from the log for 3 seconds.
    Deaf,
    /// An entry found no room, so the list is not complete: see
    /// [`capacity`](crate::RevocationsBuilder::capacity).
    Full,
}

/// The health of a list of revocations: from [`Revocations::status`](crate::Revocations::status).
///
/// Reading it calls nothing.
///
/// Example: [a readiness route](crate::guide::revocation#operations).
#[derive(Clone, Debug)]
#[must_use]
pub struct RevocationsStatus {
    pub(super) state: RevocationsState,
    pub(super) entries: usize,
    pub(super) last_heard: Option<Duration>,
    pub(super) last_error: Option<RevocationError>,
    pub(super) is_ready: bool,
}

impl RevocationsStatus {
    /// What the list can say of a token at the moment.
    #[must_use]
    pub fn state(&self) -> RevocationsState {
        self.state
    }

    /// How many entries the list holds that still count.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// How long ago the log last answered, perhaps that there is nothing new. `None` before the
    /// first answer, and in memory.
    #[must_use]
    pub fn last_heard(&self) -> Option<Duration> {
        self.last_heard
    }

    /// Why the log was last not read, or an entry last not appended; `None` after a good answer.
    #[must_use]
    pub fn last_error(&self) -> Option<&RevocationError> {
        self.last_error.as_ref()
    }

    /// Whether good tokens are accepted now.
    ///
    /// With [`OnLoss::RefuseAfter`](crate::OnLoss::RefuseAfter) they are not before the log was read
    /// as a whole, nor in an outage that lasts longer than that. With
    /// [`OnLoss::Accept`](crate::OnLoss::Accept) `false` only before the log was read as a whole:
    /// a server that waits for it starts with a list that is complete.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }
}
