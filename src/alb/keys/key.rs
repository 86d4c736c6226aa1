use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::KeyId;
use crate::clock::Moment;
use crate::crypto::EcPublicKey;

/// A key that signs for load balancers, under its id.
pub(crate) struct AlbKey {
    pub(super) id: KeyId,
    pub(super) public_key: EcPublicKey,
    /// When the fetch began that brought it.
    pub(super) fetched: Moment,
    /// The age at which it is checked again.
    pub(super) refresh_after: Duration,
    /// Whether it has verified anything for its load balancer.
    proven: AtomicBool,
    /// Whether the endpoint has denied it, since it last served it.
    denied: AtomicBool,
}

impl AlbKey {
    pub(super) fn new(
        id: KeyId,
        public_key: EcPublicKey,
        fetched: Moment,
        refresh_after: Duration,
    ) -> Self {
        Self {
            id,
            public_key,
            fetched,
            refresh_after,
            proven: AtomicBool::new(false),
            denied: AtomicBool::new(false),
        }
    }

    /// Whether `signature` is this key's over the message.
    ///
    /// Only a key that its load balancer uses ever verifies what names this load balancer: from
    /// then on, keys that others name in its place do not push it out.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = self.public_key.verifies(message, signature);
        if verified && !self.is_proven() {
            self.proven.store(true, Ordering::Relaxed);
        }
        verified
    }

    pub(super) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Notes that the endpoint denied the key. Returns whether it is the first time.
    pub(super) fn deny_first_time(&self) -> bool {
        !self.denied.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_due(&self, now: Moment) -> bool {
        now.since(self.fetched) >= self.refresh_after
    }

    /// What was known of the key before it was looked at again: under an id there never is another.
    pub(super) fn inherit(&self, previous: &Self) {
        self.proven.store(previous.is_proven(), Ordering::Relaxed);
    }
}
