//! What the concurrency of the keys is made of: std and tokio, or shuttle while `model` searches its
//! interleavings.

#[cfg(not(all(test, shuttle)))]
mod primitives {
    pub(in crate::keys) use std::sync::atomic::AtomicBool;
    pub(in crate::keys) use std::sync::{Mutex, MutexGuard};

    pub(in crate::keys) use tokio::runtime::Handle as Runtime;
    pub(in crate::keys) use tokio::time::{timeout, timeout_at};
}

/// Shuttle has no time: nothing times out.
#[cfg(all(test, shuttle))]
mod primitives {
    use std::convert::Infallible;
    use std::future::Future;
    use std::time::Duration;

    pub(in crate::keys) use shuttle::sync::atomic::AtomicBool;
    pub(in crate::keys) use shuttle::sync::{Mutex, MutexGuard};
    use tokio::time::Instant;

    pub(in crate::keys) struct Runtime;

    impl Runtime {
        pub(in crate::keys) fn try_current() -> Result<Self, Infallible> {
            Ok(Self)
        }

        pub(in crate::keys) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
            drop(shuttle::future::spawn(task));
        }
    }

    pub(in crate::keys) async fn timeout<T>(
        _: Duration,
        task: impl Future<Output = T>,
    ) -> Result<T, Infallible> {
        Ok(task.await)
    }

    pub(in crate::keys) async fn timeout_at<T>(
        _: Instant,
        task: impl Future<Output = T>,
    ) -> Result<T, Infallible> {
        Ok(task.await)
    }
}

pub(super) use self::primitives::{AtomicBool, Mutex, MutexGuard, Runtime, timeout, timeout_at};
