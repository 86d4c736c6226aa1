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

    /// The scopes that can meet this: all of them, or any; none if it does not ask for scopes.
    pub(super) fn scopes(&self) -> Option<&[String]> {
        match self {
            Self::AnyScope(scopes) | Self::AllScopes(scopes) => Some(scopes),
            Self::AnyGroup(_) | Self::AllGroups(_) | Self::When(_) => None,
        }
    }

    /// Whether a token needs each of the scopes.
    pub(super) fn needs_all_scopes(&self) -> bool {
        matches!(self, Self::AllScopes(_))
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
