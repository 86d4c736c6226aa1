use std::borrow::Cow;
use std::sync::Arc;

use crate::VerifyError;
use crate::token::BadCredentials;

/// What a request was refused for.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// No source holds a token.
    NoToken,
    Credentials(BadCredentials),
    Token(VerifyError),
    /// The token lacks one of these scopes, between spaces.
    Scope(Arc<str>),
    /// A group or a predicate is not met.
    Forbidden,
    /// The sign-in is too old, or of too low a level.
    Authentication(Needed),
    /// There is no `x-amzn-oidc-data`.
    #[cfg(feature = "alb")]
    NoSignIn,
    /// The session of the request, or new tokens for it, are not available.
    #[cfg(feature = "sign-in")]
    SessionUnavailable {
        retry_after: std::time::Duration,
    },
    /// Another site let the browser send the request.
    #[cfg(feature = "sign-in")]
    CrossSite,
    /// Claims are asked for where no layer verified any.
    MissingLayer,
}

impl Cause {
    /// What the request needs, as parameters of the challenge.
    pub(super) fn needed(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        match self {
            Self::Scope(scope) => vec![("scope", Cow::Borrowed(scope.as_ref()))],
            Self::Authentication(needed) => {
                let acr_values = needed.acr_values.as_deref().map(Cow::Borrowed);
                let max_age = needed.max_age.map(|seconds| Cow::Owned(seconds.to_string()));
                let parameters = [("acr_values", acr_values), ("max_age", max_age)];
                parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What a sign-in must be (RFC 9470 §3): at most so many seconds old, of one of these levels, in the
/// order of preference and between spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<Arc<str>>,
}

impl Needed {
    /// Needs both: the shorter age, and those of the levels that the other names too.
    pub(crate) fn narrow(&mut self, other: Self) {
        self.max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.acr_values = match (self.acr_values.take(), other.acr_values) {
            (Some(one), Some(other)) => {
                let in_both = |level: &&str| other.split(' ').any(|other| other == *level);
                let levels: Vec<_> = one.split(' ').filter(in_both).collect();
                Some(levels.join(" ").into())
            }
            (one, other) => one.or(other),
        };
    }
}
