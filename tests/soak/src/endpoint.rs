//! The JWKS endpoint: between the crate and the pool, with a log.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::fetch::Fetch;

/// What takes the endpoint longer is never answered: the fetch fails by its timeout of 3 s.
const ENDPOINT_LIMIT: Duration = Duration::from_secs(2);

/// The JWKS endpoint: passes each fetch on to the pool's own and notes what came of it.
pub(crate) struct Endpoint {
    pub(crate) pool_url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) log: Mutex<Vec<Fetch>>,
}

impl Endpoint {
    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Fetch>> {
        self.log.lock().expect("no thread has panicked")
    }

    pub(crate) async fn answer(&self) -> Response {
        let number = {
            let mut log = self.log();
            log.push(Fetch { arrived: Instant::now(), ended: None });
            log.len() - 1
        };
        let answer = timeout(ENDPOINT_LIMIT, self.ask_pool()).await;
        let jwks = answer.as_ref().ok().and_then(|jwks| jwks.as_ref().ok());
        self.log()[number].ended = Some((Instant::now(), jwks.map(key_ids)));
        match (jwks, answer.is_ok()) {
            (Some(jwks), _) => axum::Json(jwks).into_response(),
            (None, true) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            (None, false) => std::future::pending().await,
        }
    }

    async fn ask_pool(&self) -> Result<Value, reqwest::Error> {
        self.http.get(&self.pool_url).send().await?.error_for_status()?.json().await
    }
}

fn key_ids(jwks: &Value) -> Vec<String> {
    let keys = jwks["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect()
}
