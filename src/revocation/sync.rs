//! What the concurrency of the list is made of: std, or shuttle while `model` searches its
//! interleavings.

#[cfg(not(all(test, shuttle)))]
pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(not(all(test, shuttle)))]
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(all(test, shuttle))]
pub(super) use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(all(test, shuttle))]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(all(test, shuttle))]
pub(super) use std::sync::PoisonError;

/// Locks, also after a panic of another thread: an entry is written as a whole or not at all.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
