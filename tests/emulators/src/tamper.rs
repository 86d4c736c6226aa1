//! Tokens with one byte changed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

/// The token with one byte of its `kid` changed.
#[must_use]
pub fn header(token: &str) -> String {
    change_string(token, 0, "kid")
}

/// The token with one byte of its `sub` changed: nothing but the signature tells.
#[must_use]
pub fn payload(token: &str) -> String {
    change_string(token, 1, "sub")
}

/// The token with one byte of its signature changed.
#[must_use]
pub fn signature(token: &str) -> String {
    change(token, 2, |bytes| bytes.len() / 2)
}

/// Changes the first byte of the value of this member.
fn change_string(token: &str, part: usize, member: &str) -> String {
    change(token, part, |json| {
        let object: Value = serde_json::from_slice(json).expect("the part is JSON");
        let value = object[member].as_str().expect("the member is a string").as_bytes();
        let found = json.windows(value.len()).position(|window| window == value);
        found.expect("the member's value needs no escape")
    })
}

fn change(token: &str, part: usize, position: impl Fn(&[u8]) -> usize) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&parts[part]).expect("the part is base64url");
    let at = position(&bytes);
    bytes[at] ^= 1;
    parts[part] = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    parts.join(".")
}
