//! What the clients send.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A good token, signed for this request.
    Fresh,
    /// A good token, sent again and again.
    Repeated,
    /// Signed by a key that has left the pool.
    Removed,
    Expired,
    Foreign,
    Forged,
    Unknown,
    /// As `Unknown`, but hangs up within 50 ms.
    Impatient,
}

/// How many clients of each kind.
pub(crate) const CLIENTS: [(Kind, usize); 8] = [
    (Kind::Fresh, 4),
    (Kind::Repeated, 16),
    (Kind::Removed, 4),
    (Kind::Expired, 2),
    (Kind::Foreign, 2),
    (Kind::Forged, 4),
    (Kind::Unknown, 12),
    (Kind::Impatient, 4),
];

/// The same token under a `kid` that no key has.
pub(crate) fn with_random_key_id(token: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap_or_default();
    let header = json!({ "kid": fastrand::u64(..).to_string(), "alg": "RS256" });
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

pub(crate) fn key_id(token: &str) -> String {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Value = serde_json::from_slice(&header.unwrap_or_default()).unwrap_or_default();
    header["kid"].as_str().unwrap_or_default().to_owned()
}
