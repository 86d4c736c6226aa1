use std::time::Duration;

/// Why a revocation was not recorded, or the revocation log not read.
///
/// No message holds what a log answered or what an entry names, so each is fit for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The log cannot be reached, or answered with an error: from a
    /// [`RevocationLog`](crate::RevocationLog), which keeps passwords out of the text.
    #[error("the revocation log failed: {0}")]
    Log(String),
    /// The log did not answer in time.
    #[error("the revocation log did not answer within {0:?}")]
    Timeout(Duration),
    /// The task that talks to the log ended first: its runtime stopped, or the log panicked.
    #[error("the call of the revocation log was interrupted")]
    Interrupted,
    /// There is no tokio runtime to reach the log on.
    #[error("no tokio runtime to reach the revocation log on")]
    NoRuntime,
    /// The list holds as many entries as it may: this one is not enforced by this process.
    #[error("the list of revocations is full: it holds {capacity} entries")]
    Full {
        /// The most entries that the list may hold.
        capacity: usize,
    },
    /// A part of a revocation that no token can match, so that it would revoke nothing.
    #[error("{what} of a revocation should be {expected}")]
    Invalid {
        /// Which part.
        what: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// The token belongs to an app client, which never signs in:
    /// [`end_client`](crate::Revocations::end_client) ends it.
    #[error("a machine's token belongs to no sign-in: end its client instead")]
    Machine,
    /// The token has neither `origin_jti` nor `jti`.
    #[error("the token has neither `origin_jti` nor `jti` to end its sign-in by")]
    NoTokenId,
    /// The text of an entry is not one.
    #[error("a text in the revocation log is not an entry")]
    Malformed,
    /// The entry was written by a newer version of this crate.
    #[error("an entry in the revocation log has version {0}, which is newer than this program")]
    NewerVersion(u32),
    /// The event is not one of CloudTrail, or lacks what its name promises.
    #[error("the CloudTrail event {0}")]
    Event(&'static str),
}
