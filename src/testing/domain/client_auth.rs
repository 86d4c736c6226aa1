use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::params::Params;
use crate::testing::backend::Backend;
use crate::testing::client::TestClient;

/// Why a request has no client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientError {
    /// It names none, or two.
    NotNamed,
    /// There is none of this id, or its secret is another one.
    Rejected,
}

/// The app client of a request: by HTTP Basic, by its secret in the form, or by its id alone.
pub(super) fn client_of(
    backend: &Backend,
    headers: &HeaderMap,
    form: &Params,
) -> Result<TestClient, ClientError> {
    let basic = match headers.get(header::AUTHORIZATION) {
        Some(value) => Some(value.to_str().ok().and_then(basic).ok_or(ClientError::Rejected)?),
        None => None,
    };
    let named = form.get("client_id");
    let (id, secret) = match &basic {
        Some((id, _)) if named.is_some_and(|named| named != id) => {
            return Err(ClientError::NotNamed);
        }
        Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
        None => (named.ok_or(ClientError::NotNamed)?, form.get("client_secret")),
    };
    let client = backend.directory().client(id).ok_or(ClientError::Rejected)?;
    if client.accepts_secret(secret) { Ok(client) } else { Err(ClientError::Rejected) }
}

/// Id and secret of `Basic …` (RFC 7617 §2).
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, credentials) = value.split_once(' ')?;
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}
