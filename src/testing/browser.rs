use std::time::Duration;

use axum::http::{HeaderMap, header};

use super::backend::Backend;
use super::uuid::uuid;

/// The cookie's name at Cognito.
const COOKIE: &str = "cognito";
/// How long a browser stays signed in at the domain: one hour at Cognito.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A browser that is signed in at the domain.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) username: String,
    pub(super) auth_time: Duration,
}

impl Browser {
    /// Who is signed in in the browser that sends these headers.
    pub(super) fn of(backend: &Backend, headers: &HeaderMap) -> Option<Self> {
        let directory = backend.directory();
        let browser = directory.browsers.get(cookie(headers)?)?;
        let age = backend.now().saturating_sub(browser.auth_time);
        (age < LIFETIME).then(|| browser.clone())
    }

    /// Keeps the browser signed in. Returns its cookie.
    pub(super) fn keep(self, backend: &Backend) -> String {
        let id = uuid();
        backend.directory().browsers.insert(id.clone(), self);
        format!("{COOKIE}={id}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", LIFETIME.as_secs())
    }

    /// Forgets the browser that sends these headers. Returns what removes its cookie.
    pub(super) fn forget(backend: &Backend, headers: &HeaderMap) -> String {
        if let Some(id) = cookie(headers) {
            backend.directory().browsers.remove(id);
        }
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, value)| value.trim())
}
