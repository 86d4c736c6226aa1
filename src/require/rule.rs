use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::since_epoch;
use crate::rejection::{Needed, is_scope_token};
use crate::{CognitoClaims, UserPool};

/// One requirement.
#[derive(Clone)]
pub(super) enum Rule {
    AnyScope(Arc<[String]>),
    AllScopes(Arc<[String]>),
    AnyGroup(Arc<[String]>),
    AllGroups(Arc<[String]>),
    Pool(String),
    SignedInWithin(Duration),
    Acr(Arc<[String]>),
    When(Arc<dyn Fn(&CognitoClaims) -> bool + Send + Sync>),
    /// It was made of what no token can have.
    Never,
}

impl Rule {
    /// The rule without what no token can have, and what is wrong with it.
    pub(super) fn checked(self) -> (Self, Option<String>) {
        let never = |problem: &str| (Self::Never, Some(format!("{problem} admits nobody")));
        match self {
            Self::AnyScope(list) => {
                one_of("Require::any_scope", &list, is_scope_token, Self::AnyScope)
            }
            Self::AnyGroup(list) => one_of("Require::any_group", &list, is_group, Self::AnyGroup),
            Self::Acr(list) => one_of("Require::acr", &list, is_scope_token, Self::Acr),
            Self::AllScopes(list) if list.is_empty() => {
                never("`Require::all_scopes` of an empty list")
            }
            Self::AllGroups(list) if list.is_empty() => {
                never("`Require::all_groups` of an empty list")
            }
            Self::AllScopes(list) if !list.iter().all(|scope| is_scope_token(scope)) => never(
                &format!("a `Require` of the scopes {list:?}, of which one cannot be a scope,"),
            ),
            Self::AllGroups(list) if !list.iter().all(|group| is_group(group)) => {
                never("a `Require` of a group without a name")
            }
            Self::Pool(id) => match UserPool::new(&id) {
                Ok(_) => (Self::Pool(id), None),
                Err(error) => never(&format!("a `Require` of a pool, for {error},")),
            },
            Self::AllScopes(_)
            | Self::AllGroups(_)
            | Self::SignedInWithin(_)
            | Self::When(_)
            | Self::Never => (self, None),
        }
    }

    /// Whether no token can meet this.
    pub(super) fn is_never_met(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// Whether the claims meet this at `now`, since 1970.
    pub(super) fn is_met(&self, claims: &CognitoClaims, now: Duration) -> bool {
        let has_scope = |scope: &String| claims.as_access().is_some_and(|own| own.has_scope(scope));
        let in_group = |group: &String| claims.in_group(group);
        match self {
            Self::AnyScope(scopes) => scopes.iter().any(has_scope),
            Self::AllScopes(scopes) => scopes.iter().all(has_scope),
            Self::AnyGroup(groups) => groups.iter().any(in_group),
            Self::AllGroups(groups) => groups.iter().all(in_group),
            Self::Pool(id) => claims.user_pool_id() == id,
            // A sign-in in the future, by a clock that is ahead, is one of this moment.
            Self::SignedInWithin(age) => claims
                .auth_time()
                .is_some_and(|signed_in| now.saturating_sub(since_epoch(signed_in)) <= *age),
            Self::Acr(levels) => {
                claims.acr().is_some_and(|own| levels.iter().any(|level| level == own))
            }
            Self::When(predicate) => predicate(claims),
            Self::Never => false,
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
            | Self::Pool(_)
            | Self::When(_)
            | Self::Never => None,
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
            | Self::Pool(_)
            | Self::SignedInWithin(_)
            | Self::Acr(_)
            | Self::When(_)
            | Self::Never => Vec::new(),
        }
    }
}

/// The alternatives that a token can have, and what is wrong with the others.
fn one_of(
    name: &str,
    list: &[String],
    can_be: fn(&str) -> bool,
    rule: fn(Arc<[String]>) -> Rule,
) -> (Rule, Option<String>) {
    let possible: Arc<[String]> = list.iter().filter(|text| can_be(text)).cloned().collect();
    if possible.is_empty() {
        return (Rule::Never, Some(format!("`{name}` of {list:?} admits nobody")));
    }
    let problem = (possible.len() < list.len())
        .then(|| format!("`{name}` of {list:?} names something that no token can have"));
    (rule(possible), problem)
}

/// A group has a name (`GroupName` in the Cognito API).
fn is_group(name: &str) -> bool {
    !name.is_empty()
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyScope(scopes) => f.debug_tuple("AnyScope").field(scopes).finish(),
            Self::AllScopes(scopes) => f.debug_tuple("AllScopes").field(scopes).finish(),
            Self::AnyGroup(groups) => f.debug_tuple("AnyGroup").field(groups).finish(),
            Self::AllGroups(groups) => f.debug_tuple("AllGroups").field(groups).finish(),
            Self::Pool(id) => f.debug_tuple("Pool").field(id).finish(),
            Self::SignedInWithin(age) => f.debug_tuple("SignedInWithin").field(age).finish(),
            Self::Acr(levels) => f.debug_tuple("Acr").field(levels).finish(),
            Self::When(_) => f.write_str("When(..)"),
            Self::Never => f.write_str("Never"),
        }
    }
}
