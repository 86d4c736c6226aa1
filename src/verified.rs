//! The tokens that were verified before, under their digests: no token is kept.

use std::num::NonZeroUsize;
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::claims::CognitoClaims;
use crate::crypto::TokenDigest;
use crate::keys::{IssuerKeys, Key};

/// A token that was verified: its claims, and the key that did it.
pub(crate) struct Verified {
    pub(crate) claims: CognitoClaims,
    pub(crate) key: Arc<Key>,
    pub(crate) issuer_keys: Arc<IssuerKeys>,
}

/// The verified tokens of one verifier, bounded in number.
pub(crate) struct VerifiedTokens {
    /// Each behind a pointer of its own: threads that read different tokens then count no shared one.
    tokens: Cache<TokenDigest, Arc<Verified>>,
}

impl VerifiedTokens {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self { tokens: Cache::new(capacity.get()) }
    }

    pub(crate) fn get(&self, digest: &TokenDigest) -> Option<Arc<Verified>> {
        self.tokens.get(digest)
    }

    pub(crate) fn insert(&self, digest: TokenDigest, verified: Arc<Verified>) {
        self.tokens.insert(digest, verified);
    }

    pub(crate) fn remove(&self, digest: &TokenDigest) {
        self.tokens.remove(digest);
    }
}
