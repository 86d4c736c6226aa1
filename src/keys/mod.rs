//! The keys of a user pool: fetched once for everybody, refreshed, replaced, and kept over outages.

mod builder;
pub(crate) mod demand;
pub(crate) mod flight;
mod issuer;
mod jwk;
mod key_set;
#[cfg(all(test, shuttle))]
mod model;
mod operate;
mod refresh;
pub(crate) mod schedule;
mod snapshot;
mod status;
mod sync;
mod timing;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub use self::builder::JwksCacheBuilder;
pub(crate) use self::issuer::{Freshness, IssuerKeys};
pub(crate) use self::key_set::Key;
pub use self::refresh::RefreshTask;
pub(crate) use self::snapshot::NoKey;
pub use self::status::{JwksState, JwksStatus};
#[cfg(feature = "alb")]
pub(crate) use self::timing::Timing;
use crate::{ConfigError, JwksError, UserPool};

/// The public keys of a user pool, shared by all who verify its tokens. Clone = the same cache.
///
/// A [`CognitoVerifier`](crate::CognitoVerifier) makes its own from a [`UserPool`]; make one
/// yourself to share it between verifiers, to change its settings or to ask for its
/// [`status`](Self::status).
///
/// Keys are read when the first token needs them, again at the age of 5 minutes behind the
/// requests, and when a token names a key that is not there: of each address one fetch at a time,
/// and, whatever a client sends, never two within 5 seconds. (Each issuer of a pool has an address
/// of its own.) A good answer replaces the set, so a removed key is refused from then on. While the
/// endpoint is out, known keys go on working for 24 hours.
///
/// ```
/// use axum_cognito::{CognitoVerifier, JwksCache, TokenUse, UserPool};
///
/// let keys = JwksCache::new(UserPool::new("eu-west-1_AbCdEfGhI")?)?;
/// let api = CognitoVerifier::builder().trust(keys.clone(), "my-client-id").build()?;
/// let page = CognitoVerifier::builder()
///     .trust(keys.clone(), "my-client-id")
///     .token_use(TokenUse::Id)
///     .build()?;
/// assert!(!keys.status().is_ready());
/// # let _ = (api, page);
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct JwksCache {
    inner: Arc<Inner>,
}

struct Inner {
    pool: UserPool,
    /// The keys of the pool's first issuer.
    first: Arc<IssuerKeys>,
    /// Those of every issuer, the first too. Another's are fetched only when a token names it.
    issuers: Vec<(String, Arc<IssuerKeys>)>,
}

impl JwksCache {
    /// The keys of this pool, with the default settings.
    ///
    /// # Errors
    ///
    /// As [`JwksCacheBuilder::build`].
    pub fn new(pool: UserPool) -> Result<Self, ConfigError> {
        Self::builder(pool).build()
    }

    /// The keys of this pool, with settings of your own.
    pub fn builder(pool: UserPool) -> JwksCacheBuilder {
        JwksCacheBuilder::new(pool)
    }

    /// The pool whose keys these are.
    #[must_use]
    pub fn user_pool(&self) -> &UserPool {
        &self.inner.pool
    }

    /// Reads the keys of the pool's first issuer now, whatever their age.
    ///
    /// Joins the fetch that is under way, if there is one, even if that began before the call.
    /// Neither spacing nor back-off hold it up: call it when you know of a rotation, not on a timer.
    ///
    /// # Errors
    ///
    /// [`JwksError`] if it brought no keys; those at hand stay.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without timers: `enable_all()` gives it some.
    pub async fn refresh(&self) -> Result<(), JwksError> {
        self.inner.first.refresh().await
    }

    /// How the keys of the pool's first issuer are. It reads what is known and fetches nothing.
    ///
    /// Example: [a readiness route](crate::guide::deploying#containers).
    pub fn status(&self) -> JwksStatus {
        self.inner.first.status()
    }

    /// How the keys of one of the pool's issuers are; `None` if it is not one of them.
    #[must_use]
    pub fn status_of(&self, issuer: &str) -> Option<JwksStatus> {
        let mut issuers = self.inner.issuers.iter();
        issuers.find(|(name, _)| name == issuer).map(|(_, keys)| keys.status())
    }

    /// Keeps the keys young without traffic, until the returned task is dropped.
    ///
    /// It reads the first keys too, and goes on asking in an outage: what a server needs that gets
    /// no requests until it is ready.
    ///
    /// Needs a tokio runtime; without one it logs an error and does nothing.
    pub fn spawn_refresh(&self) -> RefreshTask {
        RefreshTask::spawn(self.clone())
    }

    /// The clock that the age of the keys is read off.
    #[cfg(feature = "app-client")]
    pub(crate) fn clock(&self) -> &crate::clock::Clock {
        &self.inner.first.clock
    }

    /// Starts to read the keys of the first issuer, unless there are some that may be used.
    pub(crate) fn begin_prefetch(
        &self,
    ) -> impl Future<Output = Result<(), JwksError>> + Send + use<> {
        self.inner.first.prefetch()
    }

    /// The keys of each issuer.
    pub(crate) fn issuers(&self) -> &[(String, Arc<IssuerKeys>)] {
        &self.inner.issuers
    }

    /// Starts the refreshes that are due: the first issuer's, and those of others once in use.
    fn refresh_if_due(&self) {
        self.inner.first.refresh_if_due();
        let others = self.inner.issuers.iter().filter(|(_, keys)| keys.is_in_use());
        others.for_each(|(_, keys)| keys.refresh_if_due());
    }
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCache")
            .field("pool", &self.inner.pool.id())
            .field("status", &self.status())
            .finish()
    }
}
