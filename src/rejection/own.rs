use super::{Cause, Rejection};
use crate::VerifyError;

/// Rejections made by a handler, or by your own extractor or layer.
impl Rejection {
    /// Rejects an authenticated request as forbidden: 403.
    ///
    /// For rules that only the handler, or an extractor of your own, can check. The
    /// [`CognitoLayer`](crate::CognitoLayer) around it adds the challenge and formats the response.
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

    /// Rejects a good token that lacks this scope, or one of several separated by spaces: 403 (RFC 6750
    /// §3.1). Otherwise as [`forbidden`](Self::forbidden).
    ///
    /// The challenge names no scope if one of these cannot be a scope (RFC 6749 §3.3).
    #[must_use]
    pub fn insufficient_scope(scope: &str) -> Self {
        Self::of_handler(Cause::Scope(scope.into()))
    }

    /// Rejects a token that a check of your own no longer accepts: 401 (RFC 6750 §3.1).
    ///
    /// For a check that has to wait, for a database for example; make one that does not wait a
    /// [`check`](crate::CognitoVerifierBuilder::check). The reason goes to
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
