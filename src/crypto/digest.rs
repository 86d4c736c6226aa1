use aws_lc_rs::digest::{Context, Digest, SHA256, SHA256_OUTPUT_LEN};

/// SHA-256 of a whole token: the name under which its verification is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; SHA256_OUTPUT_LEN]);

/// SHA-256 of a token's signing input (RFC 7515 §5.2): what its signature signs.
#[derive(Debug)]
pub(crate) struct SigningDigest(Digest);

impl SigningDigest {
    pub(super) fn as_digest(&self) -> &Digest {
        &self.0
    }
}

impl TokenDigest {
    /// Both digests of a token, in one pass over it: the signing input is all before the last dot.
    pub(crate) fn with_signing_digest(token: &str) -> (Self, SigningDigest) {
        let (signing_input, rest) = token.split_at(token.rfind('.').unwrap_or(token.len()));
        let mut context = Context::new(&SHA256);
        context.update(signing_input.as_bytes());
        let signing_digest = SigningDigest(context.clone().finish());
        context.update(rest.as_bytes());
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(context.finish().as_ref());
        (Self(bytes), signing_digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_that_differ_in_one_character_have_two_digests() {
        let (first, _) = TokenDigest::with_signing_digest("aa.bb.cc");
        for other in ["ab.bb.cc", "aa.bb.cd", "aab.b.cc", "aa.bb.ccc", "aabbcc", ""] {
            assert_ne!(TokenDigest::with_signing_digest(other).0, first, "{other}");
        }
    }

    #[test]
    fn the_signing_digest_covers_all_before_the_last_dot_and_nothing_more() {
        let (_, digest) = TokenDigest::with_signing_digest("aa.bb.cc");
        let expected = aws_lc_rs::digest::digest(&SHA256, b"aa.bb");
        assert_eq!(digest.as_digest().as_ref(), expected.as_ref());
    }
}
