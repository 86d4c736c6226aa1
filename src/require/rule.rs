use std::fmt;
use std::sync::Arc;

use crate::CognitoClaims;

/// One requirement.
#[derive(Clone)]
pub(super) enum Rule {
    AnyScope(Arc<[String]>),
    AllScopes(Arc<[String]>),
    AnyGroup(Arc<[String]>),
    AllGroups(Arc<[String]>),
    When(Arc<dyn Fn(&CognitoClaims) -> bool + Send + Sync>),
}

impl Rule {
    /// Whether the claims meet this.
    pub(super) fn is_met(&self, claims: &CognitoClaims) -> bool {
        let has_scope = |scope: &String| claims.as_access().is_some_and(|own| own.has_scope(scope));
        let in_group = |group: &String| claims.in_group(group);
        match self {
            Self::AnyScope(scopes) => scopes.iter().any(has_scope),
            Self::AllScopes(scopes) => scopes.iter().all(has_scope),
            Self::AnyGroup(groups) => groups.iter().any(in_group),
            Self::AllGroups(groups) => groups.iter().all(in_group),
            Self::When(predicate) => predicate(claims),
        }
    }

    /// Whether a token with other scopes could meet this.
    pub(super) fn asks_for_scopes(&self) -> bool {
        matches!(self, Self::AnyScope(_) | Self::AllScopes(_))
    }

    /// The scopes that a token needs for this. Of alternatives, those that it has; all, if it has none.
    pub(super) fn needed_scopes(&self, claims: &CognitoClaims) -> Vec<&str> {
        let has = |scope: &&str| claims.as_access().is_some_and(|own| own.has_scope(scope));
        match self {
            Self::AnyScope(scopes) if self.is_met(claims) => {
                scopes.iter().map(String::as_str).filter(has).collect()
            }
            Self::AnyScope(scopes) | Self::AllScopes(scopes) => {
                scopes.iter().map(String::as_str).collect()
            }
            Self::AnyGroup(_) | Self::AllGroups(_) | Self::When(_) => Vec::new(),
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyScope(scopes) => f.debug_tuple("AnyScope").field(scopes).finish(),
            Self::AllScopes(scopes) => f.debug_tuple("AllScopes").field(scopes).finish(),
            Self::AnyGroup(groups) => f.debug_tuple("AnyGroup").field(groups).finish(),
            Self::AllGroups(groups) => f.debug_tuple("AllGroups").field(groups).finish(),
            Self::When(_) => f.write_str("When(..)"),
        }
    }
}
