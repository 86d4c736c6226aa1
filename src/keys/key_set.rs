use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::timing::Timing;
use crate::clock::Moment;
use crate::crypto::PublicKey;

/// A key of a pool, under its `kid`.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: Box<str>,
    pub(crate) public_key: PublicKey,
}

/// The keys of one issuer as one fetch brought them: never changed, only replaced.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Arc<HashMap<Box<str>, Arc<Key>>>,
    /// When the fetch began that brought or confirmed them: what was absent, was absent as of then.
    pub(super) started: Moment,
    /// The age, since `started`, from which they are refreshed.
    pub(super) refresh_after: Duration,
    /// The age, since `started`, from which they are not used any more.
    pub(super) usable_for: Duration,
    /// When the fetch began that brought them, and did not only confirm them.
    read: Moment,
    etag: Option<String>,
    /// Whether a fetch brought them: preloaded ones say nothing of what is absent.
    pub(super) fetched: bool,
}

impl KeySet {
    /// A set of these keys; of two with one `kid`, the first.
    ///
    /// A key that `previous` has too stays the very same object: what it verified stays verified.
    pub(super) fn new(
        keys: Vec<(String, PublicKey)>,
        previous: Option<&Self>,
        started: Moment,
        refresh_after: Duration,
        usable_for: Duration,
    ) -> Self {
        let mut by_kid = HashMap::with_capacity(keys.len());
        for (kid, public_key) in keys {
            let kid = kid.into_boxed_str();
            let known = previous.and_then(|set| set.get(&kid));
            let known = known.filter(|key| key.public_key.is_same(&public_key)).cloned();
            let key = || Arc::new(Key { kid: kid.clone(), public_key });
            by_kid.entry(kid.clone()).or_insert_with(|| known.unwrap_or_else(key));
        }
        Self {
            keys: Arc::new(by_kid),
            started,
            refresh_after,
            usable_for,
            read: started,
            etag: None,
            fetched: false,
        }
    }

    /// The same keys, confirmed by a later fetch (304).
    ///
    /// They can be used until the ones that were read are `max_stale` old: a cache on the way that
    /// answers 304 to everything does not keep them in use for ever.
    pub(super) fn confirmed(
        &self,
        started: Moment,
        refresh_after: Duration,
        max_stale: Duration,
    ) -> Self {
        Self {
            keys: Arc::clone(&self.keys),
            started,
            refresh_after,
            usable_for: max_stale.saturating_sub(started.since(self.read)),
            read: self.read,
            etag: self.etag.clone(),
            fetched: true,
        }
    }

    /// The set as a fetch brought it, with its ETag.
    pub(super) fn fetched(self, etag: Option<String>) -> Self {
        Self { etag, fetched: true, ..self }
    }

    /// The ETag to ask with, so that the answer may be that nothing changed.
    ///
    /// None once the keys were read half of `max_stale` ago: then they are read in full, while there
    /// is time to do so.
    pub(super) fn etag(&self, now: Moment, timing: &Timing) -> Option<String> {
        let recent = now.since(self.read) < timing.max_stale / 2;
        self.etag.clone().filter(|_| recent)
    }

    /// The key with exactly this `kid`.
    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<Key>> {
        self.keys.get(kid)
    }

    /// The ids of all keys, sorted.
    pub(super) fn kids(&self) -> Vec<&str> {
        self.kids_missing_from(None)
    }

    /// The ids of the keys that the other set has not, or not the same, sorted.
    pub(super) fn kids_missing_from<'a>(&'a self, other: Option<&Self>) -> Vec<&'a str> {
        let same = |key: &Arc<Key>| {
            let theirs = other.and_then(|set| set.get(&key.kid));
            theirs.is_some_and(|theirs| Arc::ptr_eq(theirs, key))
        };
        let mut kids: Vec<_> =
            self.keys.values().filter(|key| !same(key)).map(|key| &*key.kid).collect();
        kids.sort_unstable();
        kids
    }
}
