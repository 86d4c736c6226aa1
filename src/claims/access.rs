use std::fmt;
use std::sync::Arc;

use super::common::Common;
use crate::TokenUse;

/// The claims of a verified access token. Cheap to clone.
///
/// With the feature `axum`, an extractor: a request with an ID token is rejected.
///
/// Example: [in a handler](crate::guide::scopes_groups_roles#in-the-handler).
///
/// Source: [Understanding the access token][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
#[derive(Clone)]
pub struct AccessClaims {
    inner: Arc<Inner>,
}

struct Inner {
    common: Common,
    scopes: Vec<String>,
}

impl AccessClaims {
    pub(super) fn new(common: Common, scope: Option<&str>) -> Self {
        let scopes = scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
        let scopes = scopes.map(str::to_owned).collect();
        Self { inner: Arc::new(Inner { common, scopes }) }
    }

    /// The scopes of the claim `scope` (RFC 8693 §4.2), in their order.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.inner.scopes
    }

    /// Whether the token has exactly this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.inner.scopes.iter().any(|own| own == scope)
    }

    /// Returns whether the token belongs to an app client itself, not to a user (client credentials).
    #[must_use]
    pub fn is_machine(&self) -> bool {
        let common = self.common();
        common.username.is_none() && common.sub == common.client_id
    }

    pub(super) fn common(&self) -> &Common {
        &self.inner.common
    }

    pub(super) fn kind(&self) -> TokenUse {
        TokenUse::Access
    }
}

impl fmt::Debug for AccessClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessClaims")
            .field("common", self.common())
            .field("scopes", &self.scopes())
            .finish()
    }
}
