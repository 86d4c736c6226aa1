//! Where sessions are kept: the trait, and the default.

mod memory;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use self::memory::MemorySessions;
use super::session_id::SessionKey;
use crate::SessionStoreError;

/// Where sessions are kept: [`MemorySessions`] in one process, `RedisSessions` (feature `redis`) for
/// a fleet, or a store of your own.
///
/// A store sees neither a token nor an id that a browser would be let in with: the key is a hash,
/// and the record is encrypted with what only the browser's cookie holds. A call that takes longer
/// than two seconds counts as failed. While a store fails, requests with a session get 503, and
/// nobody is signed out.
///
/// `create`, `compare_and_set`, `lease` and `release` must be atomic: processes call them at the
/// same time.
pub trait SessionStore: Send + Sync + 'static {
    /// Reads a session; `None` if there is none, or if its lifetime has ended.
    ///
    /// # Errors
    ///
    /// [`SessionStoreError`] if the store cannot be asked.
    fn load(
        &self,
        key: SessionKey,
    ) -> impl Future<Output = Result<Option<StoredSession>, SessionStoreError>> + Send;

    /// Writes a new session, for this lifetime. `false` if there is one of this key already.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn create(
        &self,
        key: SessionKey,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> impl Future<Output = Result<bool, SessionStoreError>> + Send;

    /// Replaces the record, for this lifetime from now on, if the session is still of this version;
    /// it gets another version then. `false` if it is not, or if it is gone.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> impl Future<Output = Result<bool, SessionStoreError>> + Send;

    /// Takes the lease of a session's renewal for this holder, for so long at most. `false` if
    /// another holder has it. The holder that has it may take it again.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn lease(
        &self,
        key: SessionKey,
        holder: u128,
        lifetime: Duration,
    ) -> impl Future<Output = Result<bool, SessionStoreError>> + Send;

    /// Gives the lease back, if this holder has it.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn release(
        &self,
        key: SessionKey,
        holder: u128,
    ) -> impl Future<Output = Result<(), SessionStoreError>> + Send;

    /// Removes a session. One that is not there is fine.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn delete(&self, key: SessionKey)
    -> impl Future<Output = Result<(), SessionStoreError>> + Send;
}

/// A session as a [`SessionStore`] keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSession {
    /// What was written last.
    pub record: Vec<u8>,
    /// A number that no other record of this session has had.
    pub version: u64,
}

impl StoredSession {
    /// Makes a session of its parts.
    #[must_use]
    pub fn new(record: Vec<u8>, version: u64) -> Self {
        Self { record, version }
    }
}

pub(super) type BoxFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

/// [`SessionStore`] behind a pointer.
pub(super) trait DynSessionStore: Send + Sync + 'static {
    fn load(&self, key: SessionKey) -> BoxFuture<'_, Option<StoredSession>>;
    fn create(&self, key: SessionKey, record: Vec<u8>, lifetime: Duration) -> BoxFuture<'_, bool>;
    fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> BoxFuture<'_, bool>;
    fn lease(&self, key: SessionKey, holder: u128, lifetime: Duration) -> BoxFuture<'_, bool>;
    fn release(&self, key: SessionKey, holder: u128) -> BoxFuture<'_, ()>;
    fn delete(&self, key: SessionKey) -> BoxFuture<'_, ()>;
}

impl<T: SessionStore> DynSessionStore for T {
    fn load(&self, key: SessionKey) -> BoxFuture<'_, Option<StoredSession>> {
        Box::pin(SessionStore::load(self, key))
    }

    fn create(&self, key: SessionKey, record: Vec<u8>, lifetime: Duration) -> BoxFuture<'_, bool> {
        Box::pin(SessionStore::create(self, key, record, lifetime))
    }

    fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> BoxFuture<'_, bool> {
        Box::pin(SessionStore::compare_and_set(self, key, version, record, lifetime))
    }

    fn lease(&self, key: SessionKey, holder: u128, lifetime: Duration) -> BoxFuture<'_, bool> {
        Box::pin(SessionStore::lease(self, key, holder, lifetime))
    }

    fn release(&self, key: SessionKey, holder: u128) -> BoxFuture<'_, ()> {
        Box::pin(SessionStore::release(self, key, holder))
    }

    fn delete(&self, key: SessionKey) -> BoxFuture<'_, ()> {
        Box::pin(SessionStore::delete(self, key))
    }
}
