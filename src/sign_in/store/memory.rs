use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::session_id::SessionKey;
use super::{SessionStore, StoredSession};
use crate::SessionStoreError;

const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();
/// An upper bound for lifetimes, so that an absurd one does not overflow an instant: ten years.
const MAX_LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Sessions in this process: they end with it, and no other process knows them. Clone = the same
/// sessions.
///
/// 100,000 by default, of about 6 kB each. When there is no room, the session that would end first
/// goes, so its user has to sign in again.
///
/// ```
/// use axum_cognito::MemorySessions;
///
/// let sessions = MemorySessions::with_capacity(1_000.try_into()?);
/// # let _ = sessions;
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone)]
pub struct MemorySessions {
    table: Arc<Mutex<Table>>,
}

struct Table {
    sessions: HashMap<SessionKey, Entry>,
    /// The same sessions, by when they end.
    ends: BTreeSet<(Instant, SessionKey)>,
    capacity: NonZeroUsize,
    version: u64,
}

struct Entry {
    record: Vec<u8>,
    version: u64,
    ends: Instant,
    lease: Option<(u128, Instant)>,
}

impl MemorySessions {
    /// Keeps at most so many sessions.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        let (sessions, ends) = (HashMap::new(), BTreeSet::new());
        Self { table: Arc::new(Mutex::new(Table { sessions, ends, capacity, version: 0 })) }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

impl SessionStore for MemorySessions {
    async fn load(&self, key: SessionKey) -> Result<Option<StoredSession>, SessionStoreError> {
        let mut table = self.table();
        let entry = table.live(&key, Instant::now());
        Ok(entry.map(|entry| StoredSession::new(entry.record.clone(), entry.version)))
    }

    async fn create(
        &self,
        key: SessionKey,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (mut table, now) = (self.table(), Instant::now());
        if table.live(&key, now).is_some() {
            return Ok(false);
        }
        table.make_room(now);
        table.insert(key, record, now + lifetime.min(MAX_LIFETIME), None);
        Ok(true)
    }

    async fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (mut table, now) = (self.table(), Instant::now());
        let Some(entry) = table.live(&key, now).filter(|entry| entry.version == version) else {
            return Ok(false);
        };
        let lease = entry.lease;
        table.remove(&key);
        table.insert(key, record, now + lifetime.min(MAX_LIFETIME), lease);
        Ok(true)
    }

    async fn lease(
        &self,
        key: SessionKey,
        holder: u128,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (mut table, now) = (self.table(), Instant::now());
        // Of a session that is gone there is nothing to renew.
        let Some(entry) = table.live(&key, now) else { return Ok(true) };
        let is_taken = entry.lease.is_some_and(|(other, ends)| other != holder && now < ends);
        if !is_taken {
            entry.lease = Some((holder, now + lifetime.min(MAX_LIFETIME)));
        }
        Ok(!is_taken)
    }

    async fn release(&self, key: SessionKey, holder: u128) -> Result<(), SessionStoreError> {
        let mut table = self.table();
        if let Some(entry) = table.sessions.get_mut(&key) {
            entry.lease = entry.lease.filter(|(other, _)| *other != holder);
        }
        Ok(())
    }

    async fn delete(&self, key: SessionKey) -> Result<(), SessionStoreError> {
        self.table().remove(&key);
        Ok(())
    }
}

impl Table {
    /// The session, unless it has ended.
    fn live(&mut self, key: &SessionKey, now: Instant) -> Option<&mut Entry> {
        if self.sessions.get(key)?.ends <= now {
            self.remove(key);
            return None;
        }
        self.sessions.get_mut(key)
    }

    fn insert(
        &mut self,
        key: SessionKey,
        record: Vec<u8>,
        ends: Instant,
        lease: Option<(u128, Instant)>,
    ) {
        self.version = self.version.wrapping_add(1);
        self.sessions.insert(key, Entry { record, version: self.version, ends, lease });
        self.ends.insert((ends, key));
    }

    fn remove(&mut self, key: &SessionKey) {
        if let Some(entry) = self.sessions.remove(key) {
            self.ends.remove(&(entry.ends, *key));
        }
    }

    /// Removes what has ended, and what ends first if there is still no room.
    fn make_room(&mut self, now: Instant) {
        while let Some((ends, key)) = self.ends.first().copied() {
            let is_full = self.sessions.len() >= self.capacity.get();
            if now < ends && !is_full {
                return;
            }
            if now < ends {
                tracing::warn!(
                    capacity = self.capacity,
                    "no room for another session: the one that would end first is dropped"
                );
            }
            self.remove(&key);
        }
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        f.debug_struct("MemorySessions")
            .field("sessions", &table.sessions.len())
            .field("capacity", &table.capacity)
            .finish_non_exhaustive()
    }
}
