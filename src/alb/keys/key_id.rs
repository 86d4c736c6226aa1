use std::fmt;

/// The id of a load balancer's key: a UUID, canonical and in lower case (RFC 9562 §4).
///
/// Nothing else ever becomes part of an address, and what does is written again from the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyId(u128);

impl KeyId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_canonical = text.len() == 36
            && text.bytes().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        let digits = is_canonical.then(|| text.replace('-', ""))?;
        u128::from_str_radix(&digits, 16).ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |shift: u32, digits: u32| (self.0 >> shift) & ((1 << (4 * digits)) - 1);
        write!(f, "{:08x}-{:04x}-{:04x}", part(96, 8), part(80, 4), part(64, 4))?;
        write!(f, "-{:04x}-{:012x}", part(48, 4), part(0, 12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_uuid_is_written_as_it_was_read() {
        for text in [
            "00000000-0000-0000-0000-000000000000",
            "01234567-89ab-cdef-fedc-ba9876543210",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ] {
            assert_eq!(KeyId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn nothing_else_is_a_key_id() {
        for text in [
            "",
            "0123456789abcdeffedcba9876543210",
            "01234567-89AB-cdef-fedc-ba9876543210",
            "01234567-89ab-cdef-fedc-ba987654321",
            "01234567-89ab-cdef-fedc-ba98765432100",
            "0123456-789ab-cdef-fedc-ba9876543210",
            "+1234567-89ab-cdef-fedc-ba9876543210",
            "{1234567-89ab-cdef-fedc-ba987654321}",
            "../../../-89ab-cdef-fedc-ba9876543210",
            "0123456\u{e9}-89ab-cdef-fedc-ba987654321",
        ] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
    }
}
