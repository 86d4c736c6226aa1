//! What the concurrency of the keys is made of: std and tokio, or shuttle while `model` searches its
//! interleavings.

#[cfg(not(all(test, shuttle)))]
mod primitives {
    pub(crate) use std::sync::atomic::AtomicBool;
    pub(crate) use std::sync::{Mutex, MutexGuard};
    use std::time::Duration;

    pub(crate) use tokio::runtime::Handle as Runtime;
    pub(crate) use tokio::time::{timeout, timeout_at};

    use crate::clock::{Clock, Moment};

    /// Sleeps until `duration` after `start`.
    pub(crate) async fn sleep(_: &Clock, start: Moment, duration: Duration) {
        tokio::time::sleep_until(start.deadline(duration)).await;
    }
}

/// Shuttle has no time: nothing times out, and who sleeps moves the test's clock instead.
#[cfg(all(test, shuttle))]
mod primitives {
    use std::convert::Infallible;
    use std::future::Future;
    use std::time::Duration;

    pub(crate) use shuttle::sync::atomic::AtomicBool;
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    use tokio::time::Instant;

    use crate::clock::{Clock, Moment};

    pub(crate) struct Runtime;

    impl Runtime {
        pub(crate) fn try_current() -> Result<Self, Infallible> {
            Ok(Self)
        }

        pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
            drop(shuttle::future::spawn(task));
        }
    }

    pub(crate) async fn timeout<T>(
        _: Duration,
        task: impl Future<Output = T>,
    ) -> Result<T, Infallible> {
        Ok(task.await)
    }

    pub(crate) async fn timeout_at<T>(
        _: Instant,
        task: impl Future<Output = T>,
    ) -> Result<T, Infallible> {
        Ok(task.await)
    }

    /// Moves the clock, unless it was moved that far meanwhile.
    pub(crate) async fn sleep(clock: &Clock, start: Moment, duration: Duration) {
        shuttle::future::yield_now().await;
        if let Clock::Test(test_clock) = clock {
            // In whole milliseconds, as that clock moves.
            let rest = duration.saturating_sub(clock.now().since(start));
            if !rest.is_zero() {
                test_clock.advance(rest + Duration::from_millis(1));
            }
        }
    }
}

pub(crate) use self::primitives::{
    AtomicBool, Mutex, MutexGuard, Runtime, sleep, timeout, timeout_at,
};
