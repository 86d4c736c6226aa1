use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session_id::{SessionId, SessionKey};
use crate::Tokens;

/// The first byte of every record. A program of another version does not read it, and takes the
/// session for none.
const VERSION: u8 = 1;
/// Cognito's tokens have about 5 kB together; the longest that are verified 16 KiB each.
const MAX_BYTES: usize = 64 * 1024;
const CONTEXT: &[u8] = b"axum-cognito: session";

/// What the server knows of a session. It leaves this process encrypted only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) access_token: String,
    pub(super) id_token: Option<String>,
    pub(super) refresh_token: String,
    /// Whose session it is, for good.
    pub(super) sub: String,
    /// When the session began, in seconds since 1970.
    pub(super) began: u64,
    /// When a request used it last, in seconds since 1970, give or take a minute.
    pub(super) seen: u64,
}

impl Record {
    pub(super) fn new(tokens: &Tokens, now: Duration) -> Self {
        Self {
            access_token: tokens.access_token().to_owned(),
            id_token: tokens.id_token().map(str::to_owned),
            refresh_token: tokens.refresh_token().to_owned(),
            sub: tokens.access_claims().sub().to_owned(),
            began: now.as_secs(),
            seen: now.as_secs(),
        }
    }

    /// The same session with new tokens, used at `seen` or later.
    pub(super) fn renewed(&self, tokens: &Tokens, seen: u64) -> Self {
        Self {
            access_token: tokens.access_token().to_owned(),
            id_token: tokens.id_token().map(str::to_owned).or_else(|| self.id_token.clone()),
            refresh_token: tokens.refresh_token().to_owned(),
            sub: self.sub.clone(),
            began: self.began,
            seen: self.seen.max(seen),
        }
    }

    /// When the session began, since 1970.
    pub(super) fn began(&self) -> Duration {
        Duration::from_secs(self.began)
    }

    /// When a request used the session last, since 1970.
    pub(super) fn seen(&self) -> Duration {
        Duration::from_secs(self.seen)
    }

    /// Encrypts and authenticates the record, for this session alone.
    pub(super) fn seal(&self, id: &SessionId) -> Option<Vec<u8>> {
        let text = serde_json::to_vec(self).ok().filter(|text| text.len() <= MAX_BYTES)?;
        let sealed = id.sealing_key()?.seal(&context(&id.key()), text)?;
        let mut bytes = Vec::with_capacity(sealed.len().saturating_add(1));
        bytes.push(VERSION);
        bytes.extend_from_slice(&sealed);
        Some(bytes)
    }

    /// The record of this session; `None` for one of another version, of another session, and for
    /// whatever else a store may hold.
    pub(super) fn open(bytes: &[u8], id: &SessionId) -> Option<Self> {
        let (version, sealed) = bytes.split_first()?;
        if *version != VERSION || bytes.len() > MAX_BYTES.saturating_mul(2) {
            return None;
        }
        let text = id.sealing_key()?.open(&context(&id.key()), sealed)?;
        serde_json::from_slice(&text).ok()
    }
}

/// What a record belongs to: it is not opened under another version, nor in another's place.
fn context(key: &SessionKey) -> Vec<u8> {
    [CONTEXT, &[VERSION], key.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            access_token: "access-token".to_owned(),
            id_token: None,
            refresh_token: "refresh-token".to_owned(),
            sub: "alice".to_owned(),
            began: 1,
            seen: 2,
        }
    }

    fn id() -> SessionId {
        SessionId::generate().expect("random numbers")
    }

    #[test]
    fn a_record_is_read_by_its_own_session_alone() {
        let (own, other) = (id(), id());
        let sealed = record().seal(&own).expect("it seals");
        assert!(Record::open(&sealed, &own) == Some(record()));
        assert!(Record::open(&sealed, &other).is_none());
    }

    #[test]
    fn nothing_of_a_record_can_be_read_without_the_id() {
        let sealed = record().seal(&id()).expect("it seals");
        let text = String::from_utf8_lossy(&sealed);
        for secret in ["access-token", "refresh-token", "alice", "began"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[test]
    fn a_record_of_another_version_or_with_a_changed_byte_is_none() {
        let id = id();
        let sealed = record().seal(&id).expect("it seals");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] = changed[index].wrapping_add(1);
            assert!(Record::open(&changed, &id).is_none(), "byte {index}");
        }
        for garbage in [&b""[..], &[VERSION], &[VERSION; 12], &[VERSION; 40], b"{}", &[0; 100]] {
            assert!(Record::open(garbage, &id).is_none(), "{garbage:?}");
        }
    }

    #[test]
    fn a_record_without_the_members_of_this_version_is_none() {
        let id = id();
        let key = id.sealing_key().expect("a key");
        for text in ["{}", "[]", "null", "", r#"{"access_token":7}"#] {
            let mut bytes = vec![VERSION];
            bytes.extend(key.seal(&context(&id.key()), text.into()).expect("it seals"));
            assert!(Record::open(&bytes, &id).is_none(), "{text}");
        }
    }

    #[test]
    fn a_record_of_absurd_length_is_neither_written_nor_read() {
        let id = id();
        let long = Record { access_token: "a".repeat(MAX_BYTES), ..record() };
        assert!(long.seal(&id).is_none());
        let mut bytes = vec![VERSION];
        bytes.resize(3 * MAX_BYTES, 0);
        assert!(Record::open(&bytes, &id).is_none());
    }
}
