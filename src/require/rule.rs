use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::CognitoClaims;
use crate::clock::since_epoch;
use crate::rejection::Needed;

/// One requirement.
#[derive(Clone)]
pub(super) enum Rule {
    AnyScope(Arc<[String]>),
    AllScopes(Arc<[String]>),
    AnyGroup(Arc<[String]>),
    AllGroups(Arc<[String]>),
    SignedInWithin(Duration),
    Acr(Arc<[String]>),
    When(Arc<dyn Fn(&CognitoClaims) -> bool + Send + Sync>),
}

impl Rule {
    /// Whether the claims meet this at `now`, since 1970.
    pub(super) fn is_met(&self, claims: &CognitoClaims, now: Duration) -> bool {
        let has_scope = |scope: &String| claims.as_access().is_some_and(|own| own.has_scope(scope));
        let in_group = |group: &String| claims.in_group(group);
        match self {
            Self::AnyScope(scopes) => scopes.iter().any(has_scope),
            Self::AllScopes(scopes) => scopes.iter().all(has_scope),
            Self::AnyGroup(groups) => groups.iter().any(in_group),
            Self::AllGroups(groups) => groups.iter().all(in_group),
            // A sign-in in the future, by a clock that is ahead, is one of this moment.
            Self::SignedInWithin(age) => claims
                .auth_time()
                .is_some_and(|signed_in| now.saturating_sub(since_epoch(signed_in)) <= *age),
            Self::Acr(levels) => {
                claims.acr().is_some_and(|own| levels.iter().any(|level| level == own))
            }
            Self::When(predicate) => predicate(claims),
        }
    }

    /// Whether a token with other scopes could meet this.
    pub(super) fn asks_for_scopes(&self) -> bool {
        matches!(self, Self::AnyScope(_) | Self::AllScopes(_))
    }

    /// What this needs of a sign-in, if another sign-in could meet it (RFC 9470 §3).
    pub(super) fn needed_sign_in(&self) -> Option<Needed> {
        match self {
            Self::SignedInWithin(age) => {
                Some(Needed { max_age: Some(age.as_secs()), acr_values: None })
            }
            Self::Acr(levels) => {
                Some(Needed { max_age: None, acr_values: Some(levels.join(" ").into()) })
            }
            Self::AnyScope(_)
            | Self::AllScopes(_)
            | Self::AnyGroup(_)
            | Self::AllGroups(_)
            | Self::When(_) => None,
        }
    }

    /// The scopes that a token needs for this. Of alternatives, those that it has; all, if it has none.
    pub(super) fn needed_scopes(&self, claims: &CognitoClaims) -> Vec<&str> {
        let has = |scope: &&str| claims.as_access().is_some_and(|own| own.has_scope(scope));
        match self {
            Self::AnyScope(scopes)
                if scopes.iter().map(String::as_str).any(|scope| has(&scope)) =>
            {
                scopes.iter().map(String::as_str).filter(has).collect()
            }
            Self::AnyScope(scopes) | Self::AllScopes(scopes) => {
                scopes.iter().map(String::as_str).collect()
            }
            Self::AnyGroup(_)
            | Self::AllGroups(_)
            | Self::SignedInWithin(_)
            | Self::Acr(_)
            | Self::When(_) => Vec::new(),
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
            Self::SignedInWithin(age) => f.debug_tuple("SignedInWithin").field(age).finish(),
            Self::Acr(levels) => f.debug_tuple("Acr").field(levels).finish(),
            Self::When(_) => f.write_str("When(..)"),
        }
    }
}
