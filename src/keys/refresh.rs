use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

const TICK: Duration = Duration::from_secs(5);

/// A task that refreshes keys without traffic, until it is dropped.
///
/// From [`JwksCache::spawn_refresh`](crate::JwksCache::spawn_refresh) or
/// [`CognitoVerifier::spawn_refresh`](crate::CognitoVerifier::spawn_refresh). Without it keys are
/// refreshed by the requests that use them.
///
/// Example: [containers](crate::guide::deploying#containers).
#[derive(Debug)]
#[must_use = "the refresh stops when this is dropped"]
pub struct RefreshTask {
    task: Option<JoinHandle<()>>,
}

impl RefreshTask {
    /// Calls `refresh_if_due` every few seconds.
    pub(crate) fn spawn(refresh_if_due: impl Fn() + Send + 'static) -> Self {
        let Ok(runtime) = Handle::try_current() else {
            tracing::error!("no tokio runtime: the keys are refreshed by requests alone");
            return Self { task: None };
        };
        // Only a panic tells that a runtime has no time driver. In the task it would go unnoticed.
        if catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err() {
            tracing::error!(
                "the tokio runtime has no time driver, so no keys can be fetched: build the runtime \
                 with `enable_all()`"
            );
            return Self { task: None };
        }
        let task = runtime.spawn(async move {
            loop {
                refresh_if_due();
                tokio::time::sleep(TICK).await;
            }
        });
        Self { task: Some(task) }
    }
}

impl Drop for RefreshTask {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
