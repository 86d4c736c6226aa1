/// Why a [`SessionStore`](crate::SessionStore) could not be asked, for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session store is not available: {reason}")]
#[non_exhaustive]
pub struct SessionStoreError {
    /// What the store says. It should hold no secret.
    pub reason: String,
}

impl SessionStoreError {
    /// Makes an error of what the store says.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
