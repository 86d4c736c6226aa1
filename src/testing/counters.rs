use std::sync::atomic::{AtomicUsize, Ordering};

/// How often each endpoint was asked.
#[derive(Default)]
pub(super) struct Counters {
    token: AtomicUsize,
    revoke: AtomicUsize,
    authorize: AtomicUsize,
}

impl Counters {
    pub(super) fn count_token(&self) {
        self.token.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_revoke(&self) {
        self.revoke.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_authorize(&self) {
        self.authorize.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn token(&self) -> usize {
        self.token.load(Ordering::SeqCst)
    }

    pub(super) fn revoke(&self) -> usize {
        self.revoke.load(Ordering::SeqCst)
    }

    pub(super) fn authorize(&self) -> usize {
        self.authorize.load(Ordering::SeqCst)
    }
}
