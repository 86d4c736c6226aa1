//! The tokens that were verified before, under their digests: no token is kept.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

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
}

/// The verified tokens of one verifier, bounded in number.
pub(super) struct TokenCache {
    /// Each behind a pointer of its own: threads that read different tokens then share no counter.
    tokens: Cache<TokenDigest, Arc<Verified>>,
}

impl TokenCache {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self { tokens: Cache::new(capacity.get()) }
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
