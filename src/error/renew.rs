use std::time::Duration;

/// Why a call to Cognito brought nothing, and what to do about it: four kinds, nothing to parse.
///
/// The details stand in the log, and never a token, a secret or a message of Cognito's, which may
/// repeat either. [`AppClient`](crate::AppClient) says which of Cognito's errors is which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "a program must have an answer for each kind")]
pub enum RenewError {
    /// Cognito says that this sign-in is over: sign in again.
    #[error("the sign-in is over at Cognito: sign in again")]
    Ended,
    /// Cognito could not be asked, or asks for patience: keep the session, and try again later.
    #[error("Cognito is not available: keep the session and try again in {retry_after:?}")]
    Unavailable {
        /// How long to wait before another try has a chance.
        retry_after: Duration,
    },
    /// Cognito refuses the app client itself, like its secret: keep the session, and look at the
    /// log.
    #[error(
        "Cognito refuses the app client: its id, secret or settings should be those of the pool"
    )]
    Misconfigured,
    /// The tokens that came back fail local verification, or name two users.
    #[error("the tokens that Cognito returned fail verification")]
    Verify,
}
