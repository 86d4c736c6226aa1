//! The keys of a user pool: fetched once for all requests, refreshed, replaced, and kept during outages.

mod builder;
pub(crate) mod flight;
mod issuer;
mod join;
mod jwk;
mod key_set;
mod landing;
#[cfg(all(test, shuttle))]
mod model;
mod refresh;
pub(crate) mod schedule;
pub(crate) mod snapshot;
mod status;
mod store;
pub(crate) mod sync;
mod timing;

use std::fmt;
use std::sync::Arc;

pub use self::builder::JwksCacheBuilder;
pub(crate) use self::issuer::{Freshness, IssuerKeys};
pub(crate) use self::join::join_all;
pub(crate) use self::key_set::Key;
pub use self::refresh::RefreshTask;
pub(crate) use self::snapshot::NoKey;
pub use self::status::{JwksState, JwksStatus};
#[cfg(feature = "alb")]
pub(crate) use self::timing::Timing;
use crate::{ConfigError, JwksError, UserPool};

/// The public keys of a user pool, shared by all who verify its tokens. Cheap to clone: clones share
/// the cache.
///
/// A [`CognitoVerifier`](crate::CognitoVerifier) makes its own from a [`UserPool`]; make one
/// yourself to share it between verifiers, to change its settings or to ask for its
/// [`status`](Self::status).
///
/// Keys are read when the first token needs them, again in the background at the age of 5 minutes,
/// and when a token names a key that is not there: of each address one fetch at a time, and, whatever
/// a client sends, never two within 2.5 seconds. (Each issuer of a pool has an address of its own.) A
/// good answer replaces the set, so a removed key is refused from then on. While the endpoint is out,
/// known keys go on working for 24 hours.
///
/// A token whose key is not there waits for the next fetch, within
/// [`max_wait`](JwksCacheBuilder::max_wait), and is refused as unknown only once a fetch that began
/// after it came did not bring the key. Of each issuer 1,000 requests wait at a time; one more gets
/// 503.
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
    /// The same, each once: issuers whose keys are read at one address share them.
    stores: Vec<Arc<IssuerKeys>>,
}

impl JwksCache {
    /// Creates a cache of this pool's keys, with the default settings.
    ///
    /// # Errors
    ///
    /// As [`JwksCacheBuilder::build`].
    pub fn new(pool: UserPool) -> Result<Self, ConfigError> {
        Self::builder(pool).build()
    }

    /// Returns a builder, for a cache with your own settings.
    pub fn builder(pool: UserPool) -> JwksCacheBuilder {
        JwksCacheBuilder::new(pool)
    }

    /// Returns the pool whose keys these are.
    #[must_use]
    pub fn user_pool(&self) -> &UserPool {
        &self.inner.pool
    }

    /// Reads the keys of every issuer in use now, whatever their age: a key that was removed at
    /// Cognito before this call is refused after it.
    ///
    /// In use are the pool's first issuer, and others once they had keys. A fetch that began before
    /// the call does not count: this waits for it to end, then starts its own. Neither spacing nor
    /// back-off delay it: call it when you know of a rotation, not in a loop or on a timer.
    ///
    /// # Errors
    ///
    /// [`JwksError`] if an issuer's keys were not read; its cached keys stay in use. With several, the
    /// first one's error.
    ///
    /// # Panics
    ///
    /// If the tokio runtime has no time driver. Build the runtime with `enable_all()`.
    pub async fn refresh(&self) -> Result<(), JwksError> {
        let in_use = self.inner.stores.iter().filter(|keys| self.is_in_use(keys));
        join_all(in_use.map(|keys| keys.refresh())).await.into_iter().collect()
    }

    /// Returns the health of the keys of the pool's first issuer. It reads what is known and fetches
    /// nothing.
    ///
    /// Example: [a readiness route](crate::guide::deploying#containers).
    pub fn status(&self) -> JwksStatus {
        self.inner.first.status()
    }

    /// Returns the health of the keys of one of the pool's issuers; `None` if it is not one of them.
    #[must_use]
    pub fn status_of(&self, issuer: &str) -> Option<JwksStatus> {
        let mut issuers = self.inner.issuers.iter();
        issuers.find(|(name, _)| name == issuer).map(|(_, keys)| keys.status())
    }

    /// Refreshes the keys without traffic, until the returned task is dropped.
    ///
    /// It reads the first keys too, and goes on asking in an outage: what a server needs that gets
    /// no requests until it is ready.
    ///
    /// Needs a tokio runtime with a time driver; without one it logs an error and does nothing.
    pub fn spawn_refresh(&self) -> RefreshTask {
        let keys = self.clone();
        RefreshTask::spawn(move || keys.refresh_if_due())
    }

    /// The clock that the age of the keys is read off.
    #[cfg(feature = "app-client")]
    pub(crate) fn clock(&self) -> &crate::clock::Clock {
        self.inner.first.clock()
    }

    /// Reads the keys of the first issuer, unless there are some that may be used.
    pub(crate) async fn prefetch(&self) -> Result<(), JwksError> {
        self.inner.first.prefetch().await
    }

    /// Whether the first issuer has keys that may be used.
    pub(crate) fn is_ready(&self) -> bool {
        self.inner.first.is_ready()
    }

    /// The keys of each issuer.
    pub(crate) fn issuers(&self) -> &[(String, Arc<IssuerKeys>)] {
        &self.inner.issuers
    }

    /// Starts the refreshes that are due: the first issuer's, and those of others once in use.
    pub(crate) fn refresh_if_due(&self) {
        let in_use = self.inner.stores.iter().filter(|keys| self.is_in_use(keys));
        in_use.for_each(|keys| keys.refresh_if_due());
    }

    fn is_in_use(&self, keys: &Arc<IssuerKeys>) -> bool {
        Arc::ptr_eq(keys, &self.inner.first) || keys.is_in_use()
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
