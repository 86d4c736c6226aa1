use aws_lc_rs::digest::{Context, Digest, SHA256, SHA256_OUTPUT_LEN};
#[cfg(feature = "testing")]
use aws_lc_rs::hmac;
use memchr::memrchr;

/// SHA-256 of a whole token: the name under which its verification is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; SHA256_OUTPUT_LEN]);

/// SHA-256 of a token's signing input (RFC 7515 §5.2): what its signature signs. Not yet finished,
/// as a token that was verified before does not need it.
pub(crate) struct SigningInput(Context);

impl SigningInput {
    /// All of the token before the last dot.
    pub(crate) fn of(token: &str) -> Self {
        Self::split(token).0
    }

    fn split(token: &str) -> (Self, &str) {
        let (signing_input, rest) =
            token.split_at(memrchr(b'.', token.as_bytes()).unwrap_or(token.len()));
        let mut context = Context::new(&SHA256);
        context.update(signing_input.as_bytes());
        (Self(context), rest)
    }

    pub(super) fn digest(self) -> Digest {
        self.0.finish()
    }
}

impl TokenDigest {
    /// The digest of a token that is not looked into.
    #[cfg(feature = "app-client")]
    pub(crate) fn of(token: &str) -> Self {
        Self::with_signing_input(token).0
    }

    /// The digest of a token, and that of its signing input, in one pass over it.
    pub(crate) fn with_signing_input(token: &str) -> (Self, SigningInput) {
        let (signing_input, rest) = SigningInput::split(token);
        let mut context = signing_input.0.clone();
        context.update(rest.as_bytes());
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(context.finish().as_ref());
        (Self(bytes), signing_input)
    }
}

/// SHA-256 of these bytes.
#[cfg(any(feature = "sign-in", feature = "testing"))]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut output = [0; SHA256_OUTPUT_LEN];
    output.copy_from_slice(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref());
    output
}

/// HMAC with SHA-256 (RFC 2104) of a message under a key.
#[cfg(feature = "testing")]
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_that_differ_in_one_character_have_two_digests() {
        let (first, _) = TokenDigest::with_signing_input("aa.bb.cc");
        for other in ["ab.bb.cc", "aa.bb.cd", "aab.b.cc", "aa.bb.ccc", "aabbcc", ""] {
            assert_ne!(TokenDigest::with_signing_input(other).0, first, "{other}");
        }
    }

    #[test]
    fn the_signing_digest_covers_all_before_the_last_dot_and_nothing_more() {
        let expected = aws_lc_rs::digest::digest(&SHA256, b"aa.bb");
        let (_, beside) = TokenDigest::with_signing_input("aa.bb.cc");
        for input in [SigningInput::of("aa.bb.cc"), beside] {
            assert_eq!(input.digest().as_ref(), expected.as_ref());
        }
    }
}
