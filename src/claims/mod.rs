//! The claims of a verified token, and what is asked of them before.

mod access;
mod accessors;
mod audience;
mod audience_policy;
mod common;
pub(crate) mod culprit;
mod date;
mod id;
mod identity;
pub(crate) mod inform;
mod kind;
mod member;
mod payload;
mod policy;
mod times;
mod token_use;

use std::sync::Arc;

pub use self::access::AccessClaims;
#[cfg(feature = "alb")]
pub(crate) use self::accessors::serialize_raw;
use self::common::Common;
pub(crate) use self::common::Origin;
#[cfg(feature = "alb")]
pub(crate) use self::date::NumericDate;
pub use self::id::IdClaims;
pub use self::identity::Identity;
use self::kind::Kind;
#[cfg(any(feature = "alb", feature = "sign-in"))]
pub(crate) use self::member::read as read_member;
pub(crate) use self::payload::Payload;
pub(crate) use self::policy::{Accepted, Policy};
pub(crate) use self::times::Times;
pub use self::token_use::TokenUse;

/// The claims of a verified token, of either kind. Cheap to clone.
///
/// [`CognitoLayer`](crate::CognitoLayer) puts them into the request's extensions; with the feature
/// `axum` they are an extractor, also as `Option<CognitoClaims>`. An `Option` is `None` only
/// behind [`CognitoLayer::optional`](crate::CognitoLayer::optional).
///
/// `Debug` shows nothing that identifies a person beyond `sub`.
///
/// Examples: [in a handler](crate::guide::scopes_groups_roles#in-the-handler), [the tenant of a
/// request](crate::guide::several_pools), [a type of your
/// own](crate::guide::from_jwt_authorizer#what-behaves-differently), [of either kind, an ID
/// token's](crate::guide::access_or_id_tokens#id-tokens-who-is-this).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CognitoClaims {
    /// An access token's.
    Access(AccessClaims),
    /// An ID token's.
    Id(IdClaims),
}

impl CognitoClaims {
    /// The claims of an access token; `None` for an ID token.
    #[must_use]
    pub fn as_access(&self) -> Option<&AccessClaims> {
        match self {
            Self::Access(claims) => Some(claims),
            Self::Id(_) => None,
        }
    }

    /// The claims of an ID token; `None` for an access token.
    #[must_use]
    pub fn as_id(&self) -> Option<&IdClaims> {
        match self {
            Self::Access(_) => None,
            Self::Id(claims) => Some(claims),
        }
    }

    /// The payload of the token, as it was signed.
    #[cfg(feature = "axum")]
    pub(crate) fn payload(&self) -> &str {
        &self.common().raw
    }

    /// The dates that decide whether the token is valid at a time.
    pub(crate) fn times(&self) -> &Times {
        &self.common().times
    }

    /// About how many bytes of memory they take, rather too many than too few.
    pub(crate) fn memory(&self) -> usize {
        /// The claims themselves and the allocations around them.
        const FIXED: usize = 800;
        /// A string in a list, beside its text.
        const STRING: usize = 48;
        let common = self.common();
        let of_kind = match self {
            Self::Access(claims) => claims.scopes().len(),
            // An identity has four texts and two numbers.
            Self::Id(claims) => {
                claims.roles().len().saturating_add(claims.identities().len().saturating_mul(5))
            }
        };
        let strings = of_kind.saturating_add(common.groups.len()).saturating_add(common.amr.len());
        // Each text stands in the payload, and once more for itself.
        let texts = common.raw.len().saturating_mul(2);
        FIXED.saturating_add(texts).saturating_add(strings.saturating_mul(STRING))
    }

    fn common(&self) -> &Common {
        match self {
            Self::Access(claims) => claims.common(),
            Self::Id(claims) => claims.common(),
        }
    }

    fn kind(&self) -> TokenUse {
        match self {
            Self::Access(_) => TokenUse::Access,
            Self::Id(_) => TokenUse::Id,
        }
    }
}

impl Accepted<'_> {
    /// The claims, now that the signature is proven; `raw` is the payload's text.
    pub(crate) fn into_claims(self, raw: &str, origin: Arc<Origin>) -> CognitoClaims {
        let (client_id, username) = match &self.kind {
            Kind::Access { client_id, username, .. } | Kind::Id { client_id, username, .. } => {
                (client_id, username)
            }
        };
        let common =
            Common::new(&self.payload, self.times, raw, origin, client_id, username.as_deref());
        match self.kind {
            Kind::Access { scope, .. } => {
                CognitoClaims::Access(AccessClaims::new(common, scope.as_deref()))
            }
            Kind::Id { .. } => CognitoClaims::Id(IdClaims::new(common, self.kind)),
        }
    }
}
