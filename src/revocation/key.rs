use std::hash::{BuildHasher as _, RandomState};

use super::entry::Kind;

/// The low byte of a scope is free for the table: it is zero in every key.
pub(super) const SCOPE_MASK: u64 = !0xff;

/// What an entry is found by: pool, kind and id in 24 bytes.
///
/// An id that is a UUID, as nearly all of Cognito's are, is kept as it is. Another one is kept as
/// 128 bits of keyed hash, pool and kind as 56. The hash's key is drawn for each list, so nobody can
/// look for two that collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Never zero.
    pub(super) scope: u64,
    pub(super) id: [u64; 2],
}

/// Makes the keys of one list.
pub(super) struct Hasher {
    scope: RandomState,
    text: [RandomState; 2],
    place: RandomState,
}

impl Hasher {
    pub(super) fn new() -> Self {
        let [scope, place] = [RandomState::new(), RandomState::new()];
        Self { scope, text: [RandomState::new(), RandomState::new()], place }
    }

    pub(super) fn key(&self, kind: Kind, pool_id: &str, id: &str) -> Key {
        let (is_uuid, id) = match uuid_words(id) {
            Some(words) => (true, words),
            None => (false, self.text.each_ref().map(|hasher| hasher.hash_one(id))),
        };
        let scope = self.scope.hash_one((kind, is_uuid, pool_id)) & SCOPE_MASK;
        // Zero marks an empty slot.
        Key { scope: if scope == 0 { !SCOPE_MASK + 1 } else { scope }, id }
    }

    /// Where a key belongs: its shard by the high bits, its slot by the low ones.
    ///
    /// Keyed too, so that whoever chooses ids cannot make one long run of slots.
    pub(super) fn place(&self, key: Key) -> u64 {
        self.place.hash_one((key.scope, key.id))
    }
}

/// A UUID of the canonical form, in lower case: no other form, so that the text can be had back.
pub(super) fn uuid_words(text: &str) -> Option<[u64; 2]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut words = [0_u64; 2];
    let [high, low] = &mut words;
    for (index, byte) in bytes.iter().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'-' if matches!(index, 8 | 13 | 18 | 23) => continue,
            _ => return None,
        };
        if matches!(index, 8 | 13 | 18 | 23) {
            return None;
        }
        let word = if index < 19 { &mut *high } else { &mut *low };
        *word = *word << 4 | u64::from(digit);
    }
    Some(words)
}

/// The text of [`uuid_words`].
pub(super) fn uuid_text([high, low]: [u64; 2]) -> String {
    let digits = format!("{high:016x}{low:016x}");
    let mut text = String::with_capacity(36);
    for (index, digit) in digits.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_uuid_is_had_back_to_the_letter() {
        let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        assert_eq!(uuid_words(uuid).map(uuid_text).as_deref(), Some(uuid));
    }

    #[test]
    fn what_is_no_canonical_uuid_is_taken_as_text() {
        for text in [
            "",
            "6BA7B810-9dad-11d1-80b4-00c04fd430c8",
            "6ba7b8109dad11d180b400c04fd430c8",
            "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c",
            "6ba7b810-9dad-11d1-80b4000c04fd430c8",
            "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
            "--------9dad-11d1-80b4-00c04fd430c8-",
        ] {
            assert_eq!(uuid_words(text), None, "{text}");
        }
    }

    #[test]
    fn kind_pool_and_id_each_make_another_key() {
        let hasher = Hasher::new();
        let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        let key = hasher.key(Kind::User, "eu-west-1_A", uuid);
        assert_eq!(hasher.key(Kind::User, "eu-west-1_A", uuid), key);
        assert_ne!(hasher.key(Kind::Renewal, "eu-west-1_A", uuid), key);
        assert_ne!(hasher.key(Kind::User, "eu-west-1_B", uuid), key);
        assert_ne!(hasher.key(Kind::User, "eu-west-1_A", "alice"), key);
        assert_ne!(key.scope, 0);
    }
}
