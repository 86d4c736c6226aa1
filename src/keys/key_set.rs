use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

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
    /// When the fetch began: what was absent, was absent as of then.
    pub(super) started: Moment,
    pub(super) refresh_after: Duration,
    pub(super) etag: Option<String>,
    /// Whether a fetch brought it: a preloaded one says nothing of what is absent.
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
    ) -> Self {
        let mut by_kid = HashMap::with_capacity(keys.len());
        for (kid, public_key) in keys {
            let kid = kid.into_boxed_str();
            let known = previous.and_then(|set| set.get(&kid));
            let known = known.filter(|key| key.public_key.is_same(&public_key)).cloned();
            let key = || Arc::new(Key { kid: kid.clone(), public_key });
            by_kid.entry(kid.clone()).or_insert_with(|| known.unwrap_or_else(key));
        }
        Self { keys: Arc::new(by_kid), started, refresh_after, etag: None, fetched: false }
    }

    /// The same keys, confirmed by a later fetch.
    pub(super) fn confirmed(&self, started: Moment, refresh_after: Duration) -> Self {
        let (keys, etag) = (Arc::clone(&self.keys), self.etag.clone());
        Self { keys, started, refresh_after, etag, fetched: true }
    }

    /// The set as a fetch brought it, with its ETag.
    pub(super) fn fetched(self, etag: Option<String>) -> Self {
        Self { etag, fetched: true, ..self }
    }

    /// The key with exactly this `kid`.
    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<Key>> {
        self.keys.get(kid)
    }

    /// The ids of the keys that this set has and the other has not, or not the same.
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
