use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::since_epoch;
use crate::{RevocationError, UserPool};

/// The longest life of a token of Cognito: what an entry needs at most.
pub(super) const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(86_400);
/// The longest id that an entry names, in bytes. Cognito's are UUIDs, and 26 characters for clients.
const MAX_ID_LENGTH: usize = 256;

/// One entry of a list of revocations: whose tokens to refuse, issued until when.
///
/// The methods of [`Revocations`](crate::Revocations) make the everyday ones. Make one yourself to
/// record something that happened earlier, or several at a time with
/// [`add`](crate::Revocations::add).
///
/// An entry can only refuse. It goes by itself at [`until`](Self::until), when the last token that it
/// means has expired.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use axum_cognito::Revocation;
///
/// let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
/// let disabled = Revocation::user("eu-west-1_AbCdEfGhI", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")?
///     .with_time(an_hour_ago);
/// assert_eq!(disabled.pool_id(), "eu-west-1_AbCdEfGhI");
///
/// // As it stands in a log, and back.
/// assert_eq!(disabled.to_string().parse(), Ok(disabled));
/// # Ok::<(), axum_cognito::RevocationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Revocation {
    pub(super) kind: Kind,
    pub(super) pool_id: Box<str>,
    /// Empty for a whole pool.
    pub(super) id: Box<str>,
    pub(super) time: Second,
    pub(super) until: Second,
}

/// What an entry refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Every token of one sign-in, by `origin_jti`.
    SignIn,
    /// One token, by `jti`.
    Token,
    /// Every sign-in of a user until the time.
    User,
    /// Every token of a user that was issued until the time; a renewed one is good.
    Renewal,
    /// Every token of an app client until the time.
    Client,
    /// Every token of the pool until the time.
    Pool,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::SignIn, Self::Token, Self::User, Self::Renewal, Self::Client, Self::Pool];
}

/// A second since 1970, until 2106: what is earlier or later is taken as the nearest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Second(pub(super) u32);

impl Second {
    /// The second that holds this time since 1970.
    pub(super) fn of(since_epoch: Duration) -> Self {
        Self(u32::try_from(since_epoch.as_secs()).unwrap_or(u32::MAX))
    }

    pub(super) fn since_epoch(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    pub(super) fn plus(self, duration: Duration) -> Self {
        Self::of(self.since_epoch().saturating_add(duration))
    }
}

impl Revocation {
    /// Ends a sign-in: every token with this `origin_jti`, also those that are renewed later.
    ///
    /// The time is now, and the entry goes after 24 hours, as with all of these.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Invalid`] if this is not the id of a pool, or the other one is empty,
    /// longer than 256 bytes or has control characters: nothing would be revoked.
    pub fn sign_in(
        pool_id: impl AsRef<str>,
        origin_jti: impl AsRef<str>,
    ) -> Result<Self, RevocationError> {
        Self::new(Kind::SignIn, pool_id.as_ref(), origin_jti.as_ref())
    }

    /// Ends one token, by its `jti`.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub fn token(pool_id: impl AsRef<str>, jti: impl AsRef<str>) -> Result<Self, RevocationError> {
        Self::new(Kind::Token, pool_id.as_ref(), jti.as_ref())
    }

    /// Ends every sign-in that the user with this `sub` made until now. A later one is good.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub fn user(pool_id: impl AsRef<str>, sub: impl AsRef<str>) -> Result<Self, RevocationError> {
        Self::new(Kind::User, pool_id.as_ref(), sub.as_ref())
    }

    /// Requires that tokens of the user with this `sub` that were issued until now are renewed.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub fn renewal(
        pool_id: impl AsRef<str>,
        sub: impl AsRef<str>,
    ) -> Result<Self, RevocationError> {
        Self::new(Kind::Renewal, pool_id.as_ref(), sub.as_ref())
    }

    /// Ends every sign-in at this app client until now, and the tokens of a machine client that were
    /// issued until now.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub fn client(
        pool_id: impl AsRef<str>,
        client_id: impl AsRef<str>,
    ) -> Result<Self, RevocationError> {
        Self::new(Kind::Client, pool_id.as_ref(), client_id.as_ref())
    }

    /// Ends every sign-in at this pool until now, and the tokens of its machine clients that were
    /// issued until now.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub fn all(pool_id: impl AsRef<str>) -> Result<Self, RevocationError> {
        Self::new(Kind::Pool, pool_id.as_ref(), "")
    }

    /// Sets when it happened, in whole seconds, and with it [`until`](Self::until): 24 hours later.
    /// Defaults to now.
    pub fn with_time(mut self, time: SystemTime) -> Self {
        self.time = Second::of(since_epoch(time));
        self.until = self.time.plus(MAX_TOKEN_LIFETIME);
        self
    }

    /// Sets when the entry goes, in whole seconds: no earlier than the last token that it means
    /// expires. Defaults to 24 hours after its time, the longest life of Cognito's tokens.
    pub fn with_until(mut self, until: SystemTime) -> Self {
        self.until = Second::of(since_epoch(until));
        self
    }

    /// The pool whose tokens it means.
    #[must_use]
    pub fn pool_id(&self) -> &str {
        &self.pool_id
    }

    /// When it happened: only older sign-ins, or older tokens, are refused.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + self.time.since_epoch()
    }

    /// When the entry goes by itself. For a log: it may delete the entry from then on.
    #[must_use]
    pub fn until(&self) -> SystemTime {
        UNIX_EPOCH + self.until.since_epoch()
    }

    /// Sets when it happened, since 1970, and how long after that it goes.
    pub(super) fn at(mut self, time: Duration, lifetime: Duration) -> Self {
        self.time = Second::of(time);
        self.until = self.time.plus(lifetime);
        self
    }

    pub(super) fn new(kind: Kind, pool_id: &str, id: &str) -> Result<Self, RevocationError> {
        let now = since_epoch(SystemTime::now());
        let revocation = Self {
            kind,
            pool_id: pool_id.into(),
            id: id.into(),
            time: Second::of(now),
            until: Second::of(now).plus(MAX_TOKEN_LIFETIME),
        };
        revocation.check().map(|()| revocation)
    }

    /// Whether any token can match: a wrong id would revoke nothing, and nobody would notice.
    fn check(&self) -> Result<(), RevocationError> {
        if UserPool::new(&self.pool_id).is_err() {
            return Err(RevocationError::Invalid {
                what: "the user pool id",
                expected: "like eu-west-1_AbCdEfGhI",
            });
        }
        let is_id = match self.kind {
            Kind::Pool => self.id.is_empty(),
            Kind::SignIn | Kind::Token | Kind::User | Kind::Renewal | Kind::Client => {
                (1..=MAX_ID_LENGTH).contains(&self.id.len()) && !self.id.contains(char::is_control)
            }
        };
        if !is_id {
            return Err(RevocationError::Invalid {
                what: self.kind.id_name(),
                expected: "1 to 256 bytes without control characters",
            });
        }
        Ok(())
    }
}

impl Kind {
    fn id_name(self) -> &'static str {
        match self {
            Self::SignIn => "the `origin_jti`",
            Self::Token => "the `jti`",
            Self::User | Self::Renewal => "the `sub`",
            Self::Client | Self::Pool => "the client id",
        }
    }
}
