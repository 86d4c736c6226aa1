use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::{SECRET_BYTES, SealingKey, derive, random_secret, sha256};

/// How long the text of an id is: 32 bytes in base64url without padding.
const TEXT_LENGTH: usize = 43;
const RECORD_KEY: &str = "axum-cognito: the record of a session, version 1";

/// The secret of a session, which its browser's cookie holds, and nothing else does.
#[derive(Clone)]
pub(super) struct SessionId {
    secret: [u8; SECRET_BYTES],
}

impl SessionId {
    /// A new one, of the system's random numbers; `None` if there are none.
    pub(super) fn generate() -> Option<Self> {
        Some(Self { secret: random_secret()? })
    }

    /// Takes exactly what [`text`](Self::text) gives.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self { secret: bytes.try_into().ok()? })
    }

    /// What the cookie holds.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret)
    }

    /// What the store knows the session by.
    pub(super) fn key(&self) -> SessionKey {
        SessionKey(sha256(&self.secret))
    }

    /// What the session's record is encrypted with.
    pub(super) fn sealing_key(&self) -> Option<SealingKey> {
        SealingKey::new(&derive(&self.secret, RECORD_KEY)?)
    }
}

/// The name of a session in a [`SessionStore`](crate::SessionStore): SHA-256 of what the browser's
/// cookie holds. Whoever knows it can neither use the session nor read its record.
///
/// `Display` is lowercase hexadecimal, fit for a key or a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Makes a key of its bytes, for a store's own tests.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_its_own_text_alone() {
        let id = SessionId::generate().expect("random numbers");
        let text = id.text();
        assert_eq!(text.len(), TEXT_LENGTH);
        assert_eq!(SessionId::parse(&text).map(|id| id.key()), Some(id.key()));
        let all_ones = "_".repeat(TEXT_LENGTH);
        // The last character of 32 bytes has two bits that must be zero.
        assert!(SessionId::parse(&all_ones).is_none());
        for wrong in ["", " ", "a", &text[1..], &format!("{text}="), &format!("{text}A")] {
            assert!(SessionId::parse(wrong).is_none(), "{wrong}");
        }
        assert!(SessionId::parse(&text.replace(&text[..1], "+")).is_none());
        assert!(SessionId::parse(&"\u{e9}".repeat(21)).is_none());
    }

    #[test]
    fn no_two_ids_are_the_same_and_the_key_is_not_the_id() {
        let [one, other] = [(); 2].map(|()| SessionId::generate().expect("random numbers"));
        assert_ne!(one.text(), other.text());
        assert_ne!(one.key(), other.key());
        assert_ne!(one.key().as_bytes(), &one.secret);
        assert_eq!(one.key().to_string().len(), 64);
    }
}
