//! A fetch on a task of its own, so that no request that waits for it can lose it.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::sync::{Runtime, timeout};
use crate::JwksError;
use crate::fetch::{DynFetchJwks, JwksRequest, JwksResponse};

type Response = Result<JwksResponse, JwksError>;

/// What becomes of a fetch.
///
/// Exactly one of two things happens to a landing: it lands, on the task of the fetch, or it is
/// dropped with that task. A runtime that shuts down drops its tasks, perhaps while a thread unwinds,
/// and a second panic there would abort the process. So its `Drop` only notes that the fetch asked
/// nothing: it logs nothing, counts nothing and calls nothing of the program's.
pub(crate) trait Landing: Send + 'static {
    /// What to ask for; `None` if another fetch took this one's place before it had its turn.
    fn request(&mut self) -> Option<JwksRequest>;

    /// Takes what the fetch brought: [`JwksError::Interrupted`] if the fetcher panicked.
    fn land(self, response: Response);
}

/// Starts a fetch, of `limit` at most.
///
/// Not to be called under a lock that the landing's `Drop` takes: a runtime that is shutting down
/// drops the task right here.
pub(crate) fn spawn(
    runtime: &Runtime,
    fetcher: Arc<dyn DynFetchJwks>,
    limit: Duration,
    mut landing: impl Landing,
) {
    runtime.spawn(async move {
        let Some(request) = landing.request() else { return };
        let response = attempt(&*fetcher, request, limit).await;
        landing.land(response);
    });
}

/// Fetches, with one more try at once after a connection error, all within the limit.
async fn attempt(fetcher: &dyn DynFetchJwks, request: JwksRequest, limit: Duration) -> Response {
    let attempt = async {
        match fetcher.fetch_boxed(request.clone()).await {
            Err(JwksError::Connect(_)) => fetcher.fetch_boxed(request).await,
            response => response,
        }
    };
    let timed = async { timeout(limit, attempt).await.unwrap_or(Err(JwksError::Timeout(limit))) };
    let mut timed = pin!(timed);
    poll_fn(|context| {
        // A panic ends this fetch, and not the task, which has yet to say how it ended.
        let polled = catch_unwind(AssertUnwindSafe(|| timed.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(Err(JwksError::Interrupted)))
    })
    .await
}
