use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::JwksError;
use crate::crypto::PublicKey;
use crate::fetch::MAX_BODY_BYTES;
use crate::json::{self, present};

const MAX_KEYS: usize = 64;

/// A JWK set (RFC 7517 §5): its keys are read one by one, so that a bad one is skipped alone.
#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// The members of a JWK that matter here; others are ignored (RFC 7517 §4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use", default, deserialize_with = "present")]
    public_key_use: Option<String>,
    #[serde(default, deserialize_with = "present")]
    key_ops: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    alg: Option<String>,
    /// The private exponent (RFC 7518 §6.3.2.1): it has no place in a public set.
    #[serde(default, deserialize_with = "present")]
    d: Option<IgnoredAny>,
}

/// The usable keys of a JWKS, by `kid`, in the order of the set.
///
/// # Errors
///
/// If this is not a JWKS, is too large, or has no usable key: then it changes nothing.
pub(super) fn usable_keys(body: &[u8]) -> Result<Vec<(String, PublicKey)>, JwksError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(JwksError::TooLong);
    }
    // A parser may pass over a byte order mark (RFC 8259 §8.1), and editors of Windows write one.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text =
        std::str::from_utf8(body).map_err(|error| malformed_at(body, error.valid_up_to()))?;
    let set: JwkSet<'_> = json::from_object(text).map_err(|error| match error.line() {
        // Not an object at all.
        0 => malformed_at(body, body.len().saturating_sub(text.trim_start().len())),
        line => JwksError::Malformed { line, column: error.column() },
    })?;
    if set.keys.len() > MAX_KEYS {
        return Err(JwksError::TooManyKeys);
    }
    let keys: Vec<_> = set.keys.iter().filter_map(|key| usable_key(key)).collect();
    if keys.is_empty() {
        return Err(JwksError::NoUsableKey);
    }
    Ok(keys)
}

fn malformed_at(body: &[u8], offset: usize) -> JwksError {
    let before = body.get(..offset).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
    JwksError::Malformed { line, column: column.saturating_add(1) }
}

fn usable_key(raw: &RawValue) -> Option<(String, PublicKey)> {
    let Ok(jwk) = json::from_object::<Jwk>(raw.get()) else {
        tracing::debug!("skipped a key of the JWKS: it is not an RSA key with `kid`, `n` and `e`");
        return None;
    };
    let key = if jwk.is_for_rs256_signatures() { jwk.public_key() } else { None };
    if key.is_none() {
        tracing::debug!(kid = ?jwk.kid, "skipped a key of the JWKS: it cannot verify RS256 signatures");
    }
    Some((jwk.kid, key?))
}

impl Jwk {
    /// RFC 7517 §4.1 to §4.4.
    fn is_for_rs256_signatures(&self) -> bool {
        // The same operation twice is forbidden (§4.3).
        let verifies = |operations: &Vec<String>| {
            let mut seen = HashSet::new();
            operations.iter().all(|name| seen.insert(name))
                && seen.iter().any(|name| *name == "verify")
        };
        self.kty == "RSA"
            && self.public_key_use.as_ref().is_none_or(|name| name == "sig")
            && self.key_ops.as_ref().is_none_or(verifies)
            && self.alg.as_ref().is_none_or(|name| name == "RS256")
            && self.d.is_none()
            && !self.kid.is_empty()
    }

    fn public_key(&self) -> Option<PublicKey> {
        let modulus = URL_SAFE_NO_PAD.decode(&self.n).ok()?;
        let exponent = URL_SAFE_NO_PAD.decode(&self.e).ok()?;
        PublicKey::from_components(&modulus, &exponent)
    }
}
