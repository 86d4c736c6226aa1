//! The JWKS endpoint, in memory: it answers at once, and counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use axum_cognito::{JwksError, JwksResponse};

use super::day::{OUTAGE, REMOVAL, ROTATION};
use super::keys::Keys;

/// The endpoint as one part of the fleet sees it.
pub(crate) struct Endpoint {
    pub(crate) keys: Arc<Keys>,
    pub(crate) second: AtomicUsize,
    /// The requests of each second.
    pub(crate) requests: Vec<AtomicU32>,
}

impl Endpoint {
    pub(crate) fn second(&self) -> usize {
        self.second.load(Ordering::Relaxed)
    }

    pub(crate) fn answer(&self, etag: Option<&str>) -> Result<JwksResponse, JwksError> {
        let second = self.second();
        self.requests[second].fetch_add(1, Ordering::Relaxed);
        if OUTAGE.contains(&second) {
            return Err(JwksError::Status(503));
        }
        let set = usize::from(second >= REMOVAL) + usize::from(second >= ROTATION);
        let tag = format!("\"{set}\"");
        if etag == Some(&tag) {
            return Ok(JwksResponse::not_modified());
        }
        Ok(JwksResponse::new(self.keys.sets[set].as_str()).with_etag(tag))
    }
}
