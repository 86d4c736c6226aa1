use std::time::{Duration, SystemTime};

use super::entry::{Kind, Revocation, Second};
use super::list::List;
use crate::clock::since_epoch;
use crate::{AccessClaims, CognitoClaims, IdClaims, RevocationError};

mod sealed {
    #[expect(unnameable_types, reason = "so that the list of claims is closed")]
    pub trait Sealed {}
}

/// The claims of a verified token, whose sign-in [`Revocations::end_sign_in`] ends:
/// [`CognitoClaims`], [`AccessClaims`] and [`IdClaims`].
///
/// [`Revocations::end_sign_in`]: crate::Revocations::end_sign_in
pub trait SignInClaims: sealed::Sealed + Send + Sync {
    #[doc(hidden)]
    fn token(&self) -> Token<'_>;
}

/// What of a token decides whether it is revoked.
#[derive(Clone, Copy)]
#[doc(hidden)]
#[expect(unnameable_types, missing_debug_implementations, reason = "only the crate reads it")]
pub struct Token<'a> {
    pool_id: &'a str,
    client_id: &'a str,
    sub: &'a str,
    jti: Option<&'a str>,
    origin_jti: Option<&'a str>,
    signed_in: SystemTime,
    issued: SystemTime,
    expires: SystemTime,
    is_machine: bool,
}

/// How a token is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Ended,
    RenewalRequired,
}

macro_rules! token {
    ($claims:ident, $is_machine:expr) => {
        Token {
            pool_id: $claims.user_pool_id(),
            client_id: $claims.client_id(),
            sub: $claims.sub(),
            jti: $claims.jti(),
            origin_jti: $claims.origin_jti(),
            signed_in: $claims.auth_time().unwrap_or_else(|| $claims.issued_at()),
            issued: $claims.issued_at(),
            expires: $claims.expires_at(),
            is_machine: $is_machine,
        }
    };
}

impl sealed::Sealed for CognitoClaims {}
impl sealed::Sealed for AccessClaims {}
impl sealed::Sealed for IdClaims {}

impl SignInClaims for CognitoClaims {
    fn token(&self) -> Token<'_> {
        token!(self, self.as_access().is_some_and(AccessClaims::is_machine))
    }
}

impl SignInClaims for AccessClaims {
    fn token(&self) -> Token<'_> {
        token!(self, self.is_machine())
    }
}

impl SignInClaims for IdClaims {
    fn token(&self) -> Token<'_> {
        token!(self, false)
    }
}

impl Token<'_> {
    /// The entry that ends the token's sign-in; without one, the token.
    pub(super) fn end_sign_in(&self) -> Result<Revocation, RevocationError> {
        if self.is_machine {
            return Err(RevocationError::Machine);
        }
        if let Some(origin_jti) = self.origin_jti {
            return Revocation::sign_in(self.pool_id, origin_jti);
        }
        let jti = self.jti.ok_or(RevocationError::NoTokenId)?;
        Revocation::token(self.pool_id, jti)
    }

    /// When the token expires.
    pub(super) fn expires(&self) -> SystemTime {
        self.expires
    }

    /// What the list says of the token at this time, since 1970.
    ///
    /// An end counts more than a required renewal, since a renewed token would be refused too.
    pub(super) fn refusal(&self, list: &List, leeway: Duration, now: Duration) -> Option<Refusal> {
        // The ids of a sign-in and of a token say which tokens are meant, whatever their times.
        let named = |kind, id: &str| self.entry(list, kind, id, leeway, now).is_some();
        // The very second counts: what was issued in it may have come before.
        let until = |kind, id: &str, issued| {
            let entry = self.entry(list, kind, id, leeway, now);
            let issued = Second::of(since_epoch(issued)).since_epoch();
            entry.is_some_and(|time| issued <= time.since_epoch().saturating_add(leeway))
        };
        let is_user = !self.is_machine;
        let ended = until(Kind::Pool, "", self.signed_in)
            || until(Kind::Client, self.client_id, self.signed_in)
            || is_user
                && (self.origin_jti.is_some_and(|id| named(Kind::SignIn, id))
                    || self.jti.is_some_and(|id| named(Kind::Token, id))
                    || until(Kind::User, self.sub, self.signed_in));
        if ended {
            return Some(Refusal::Ended);
        }
        let renewal = is_user && until(Kind::Renewal, self.sub, self.issued);
        renewal.then_some(Refusal::RenewalRequired)
    }

    /// The time of the entry for an id, unless it has gone.
    fn entry(
        &self,
        list: &List,
        kind: Kind,
        id: &str,
        leeway: Duration,
        now: Duration,
    ) -> Option<Second> {
        let record = list.get(kind, self.pool_id, id)?;
        // A token is accepted that much longer, so its entry counts that much longer.
        let until = record.until.since_epoch().saturating_add(leeway);
        (now < until).then_some(record.time)
    }
}
