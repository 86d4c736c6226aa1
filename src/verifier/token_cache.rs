//! The tokens that were verified before, under their digests: no token is kept.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::claims::CognitoClaims;
use crate::crypto::TokenDigest;
use crate::keys::{IssuerKeys, Key};

/// A verified token: its claims, and the key that verified it.
pub(super) struct Verified {
    pub(super) claims: CognitoClaims,
    pub(super) key: Arc<Key>,
    pub(super) issuer_keys: Arc<IssuerKeys>,
    /// The version of the list of revocations that did not refuse the token; zero for none.
    pub(super) not_revoked: AtomicU64,
    /// How many places it takes in the cache.
    places: u64,
}

impl Verified {
    pub(super) fn new(claims: CognitoClaims, key: Arc<Key>, issuer_keys: Arc<IssuerKeys>) -> Self {
        let places = claims.memory().div_ceil(BYTES_PER_PLACE);
        let places = u64::try_from(places).unwrap_or(u64::MAX);
        Self { claims, key, issuer_keys, not_revoked: AtomicU64::new(0), places }
    }
}

/// How much memory one place in the cache stands for.
const BYTES_PER_PLACE: usize = 4 * 1024;

/// The verified tokens of one verifier, bounded in number and in bytes: a token of many claims takes
/// the places of several.
pub(super) struct TokenCache {
    /// Each behind a pointer of its own: threads that read different tokens then share no counter.
    tokens: Cache<TokenDigest, Arc<Verified>, Places>,
}

#[derive(Clone)]
struct Places;

impl Weighter<TokenDigest, Arc<Verified>> for Places {
    fn weight(&self, _: &TokenDigest, verified: &Arc<Verified>) -> u64 {
        verified.places
    }
}

impl TokenCache {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        let places = u64::try_from(capacity.get()).unwrap_or(u64::MAX);
        Self { tokens: Cache::with_weighter(capacity.get(), places, Places) }
    }

    pub(super) fn get(&self, digest: &TokenDigest) -> Option<Arc<Verified>> {
        self.tokens.get(digest)
    }

    pub(super) fn insert(&self, digest: TokenDigest, verified: Arc<Verified>) {
        self.tokens.insert(digest, verified);
    }

    pub(super) fn remove(&self, digest: &TokenDigest) {
        self.tokens.remove(digest);
    }
}
