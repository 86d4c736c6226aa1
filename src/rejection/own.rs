use super::{Cause, Rejection};
use crate::VerifyError;

/// Refusals by a handler, or by an extractor or a layer of your own.
impl Rejection {
    /// Refuses the bearer of a good token, who may not do this: 403.
    ///
    /// For what only the handler, or an extractor of your own, can find out. The
    /// [`CognitoLayer`](crate::CognitoLayer) around it gives the answer its challenge and its form.
    ///
    /// ```
    /// use axum_cognito::{CognitoClaims, Rejection};
    ///
    /// async fn delete(claims: CognitoClaims) -> Result<(), Rejection> {
    ///     let owner = "alice"; // From a database.
    ///     if claims.sub() != owner {
    ///         return Err(Rejection::forbidden());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn forbidden() -> Self {
        Self::of_handler(Cause::Forbidden)
    }

    /// Refuses a good token that lacks this scope, or one of these between spaces: 403 (RFC 6750
    /// §3.1). Otherwise as [`forbidden`](Self::forbidden).
    ///
    /// The challenge names no scope if one of these cannot be a scope (RFC 6749 §3.3).
    #[must_use]
    pub fn insufficient_scope(scope: &str) -> Self {
        Self::of_handler(Cause::Scope(scope.into()))
    }

    /// Refuses a token that a check of your own does not accept any more: 401 (RFC 6750 §3.1).
    ///
    /// For a check that must wait, for a database of revoked sessions say; one that need not is
    /// better a [`check`](crate::CognitoVerifierBuilder::check). The reason goes to
    /// [`verify_error`](Self::verify_error), not to the client. Otherwise as
    /// [`forbidden`](Self::forbidden).
    #[must_use]
    pub fn invalid_token(reason: impl Into<String>) -> Self {
        Self::of_handler(Cause::Token(VerifyError::Check(reason.into())))
    }

    fn of_handler(cause: Cause) -> Self {
        Self { cause, challenge: None, answered: false }
    }
}
