use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;

use super::key::TestAlbKey;
use crate::testing::faults::Faults;
use crate::{FetchJwks, JwksError, JwksRequest, JwksResponse};

/// What serves the keys of a load balancer, over a socket or without.
#[derive(Default)]
pub(super) struct KeyEndpoint {
    /// The last one signs.
    keys: Mutex<Vec<Arc<TestAlbKey>>>,
    pub(super) faults: Faults,
}

impl KeyEndpoint {
    /// Signs with a new key from now on. Those before are still served.
    pub(super) fn rotate_key(&self) {
        self.lock().push(Arc::new(TestAlbKey::generate()));
    }

    /// Serves no key but the one that signs.
    pub(super) fn remove_old_keys(&self) {
        let mut keys = self.lock();
        let old = keys.len().saturating_sub(1);
        keys.drain(..old);
    }

    /// The key that signs.
    pub(super) fn key(&self) -> Option<Arc<TestAlbKey>> {
        self.lock().last().cloned()
    }

    /// The routes, as AWS has them: a key at its id, and 403 for what is not there.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        let answer = async |State(endpoint): State<Arc<Self>>, Path(kid): Path<String>| {
            endpoint.answer(&kid).await
        };
        Router::new().route("/{kid}", get(answer)).with_state(Arc::clone(self))
    }

    /// Answers one request: the key in PEM, or the status of a refusal.
    async fn answer(&self, kid: &str) -> Result<String, StatusCode> {
        if self.faults.pass().await.is_err() {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let keys = self.lock();
        let key = keys.iter().find(|key| key.kid == kid);
        key.map(|key| key.pem()).ok_or(StatusCode::FORBIDDEN)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<TestAlbKey>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint without a socket.
pub(super) struct Offline(pub(super) Arc<KeyEndpoint>);

impl FetchJwks for Offline {
    async fn fetch(&self, request: JwksRequest) -> Result<JwksResponse, JwksError> {
        let (_, kid) = request.url().rsplit_once('/').unwrap_or_default();
        let answer = self.0.answer(kid).await;
        answer.map(JwksResponse::new).map_err(|status| JwksError::Status(status.as_u16()))
    }
}
