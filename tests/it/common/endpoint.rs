use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum_cognito::{FetchJwks, JwksError, JwksRequest, JwksResponse};

type Outcome = Result<JwksResponse, JwksError>;
type Answer = dyn Fn(JwksRequest) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync;

/// A JWKS endpoint that counts what it is asked, and answers as the test says. Clone = the same.
#[derive(Clone)]
pub(crate) struct Endpoint {
    answer: Arc<Mutex<Arc<Answer>>>,
    requests: Arc<AtomicUsize>,
}

impl Endpoint {
    /// An endpoint that gives this answer to every request, until another is set.
    pub(crate) fn new<F>(answer: impl Fn(JwksRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let answer: Arc<Answer> = Arc::new(move |request| Box::pin(answer(request)));
        Self { answer: Arc::new(Mutex::new(answer)), requests: Arc::default() }
    }

    /// Gives another answer from now on.
    pub(crate) fn set<F>(&self, answer: impl Fn(JwksRequest) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        *self.answer.lock().unwrap() = Arc::new(move |request| Box::pin(answer(request)));
    }

    /// How often it was asked.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl FetchJwks for Endpoint {
    async fn fetch(&self, request: JwksRequest) -> Outcome {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let answer = Arc::clone(&self.answer.lock().unwrap());
        answer(request).await
    }
}
