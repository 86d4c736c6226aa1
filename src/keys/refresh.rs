use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::JwksCache;

const TICK: Duration = Duration::from_secs(5);

/// Keeps a cache's keys young without traffic, until it is dropped.
///
/// From [`JwksCache::spawn_refresh`]. Without it keys are refreshed by the requests that use them.
///
/// Example: [containers](crate::guide::deploying#containers).
#[derive(Debug)]
#[must_use = "the refresh stops when this is dropped"]
pub struct RefreshTask {
    task: Option<JoinHandle<()>>,
}

impl RefreshTask {
    pub(super) fn spawn(cache: JwksCache) -> Self {
        let Ok(runtime) = Handle::try_current() else {
            tracing::error!("no tokio runtime: the keys are refreshed by requests alone");
            return Self { task: None };
        };
        let task = runtime.spawn(async move {
            loop {
                cache.refresh_if_due();
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
