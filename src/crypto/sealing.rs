use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::SHA256_OUTPUT_LEN;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand::fill;

/// How long the secrets are that a session or a sign-in begins with.
pub(crate) const SECRET_BYTES: usize = SHA256_OUTPUT_LEN;

/// 32 random bytes of the system; `None` if it has none.
pub(crate) fn random_secret() -> Option<[u8; SECRET_BYTES]> {
    let mut bytes = [0; SECRET_BYTES];
    fill(&mut bytes).ok()?;
    Some(bytes)
}

/// 32 bytes that are derived from a secret for one purpose (RFC 5869); `None` never in practice.
///
/// Without the secret nobody computes them, and from those of one purpose nobody computes those of
/// another.
pub(crate) fn derive(
    secret: &[u8; SECRET_BYTES],
    purpose: &'static str,
) -> Option<[u8; SECRET_BYTES]> {
    // A salt is optional where the secret is uniformly random already (RFC 5869 §3.1).
    let pseudorandom = Salt::new(HKDF_SHA256, &[]).extract(secret);
    let mut bytes = [0; SECRET_BYTES];
    pseudorandom.expand(&[purpose.as_bytes()], HKDF_SHA256).ok()?.fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether both are the same, in a time that does not depend on where they differ.
pub(crate) fn is_same_secret(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

/// Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D), with a random nonce each time.
pub(crate) struct SealingKey {
    key: RandomizedNonceKey,
}

impl SealingKey {
    pub(crate) fn new(key: &[u8; SECRET_BYTES]) -> Option<Self> {
        Some(Self { key: RandomizedNonceKey::new(&AES_256_GCM, key).ok()? })
    }

    /// The nonce, the encrypted text and its tag. `context` must be the same when it is opened.
    pub(crate) fn seal(&self, context: &[u8], mut text: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = self.key.seal_in_place_append_tag(Aad::from(context), &mut text).ok()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN.saturating_add(text.len()));
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        Some(sealed)
    }

    /// The text of what was sealed with this key in this context; `None` for all else.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = encrypted.to_vec();
        let length = self.key.open_in_place(nonce, Aad::from(context), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&[byte; SECRET_BYTES]).expect("a key of 32 bytes")
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_same_key_in_the_same_context_alone() {
        let sealed = key(1).seal(b"context", b"text".to_vec()).expect("it seals");
        assert_eq!(key(1).open(b"context", &sealed).as_deref(), Some(&b"text"[..]));
        assert_eq!(key(2).open(b"context", &sealed), None);
        assert_eq!(key(1).open(b"another", &sealed), None);
    }

    #[test]
    fn one_changed_or_missing_byte_anywhere_is_not_opened() {
        let sealed = key(1).seal(b"context", b"text".to_vec()).expect("it seals");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(key(1).open(b"context", &changed), None, "byte {index}");
            assert_eq!(key(1).open(b"context", &sealed[..index]), None, "{index} bytes");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes() {
        let seal = || key(1).seal(b"context", b"text".to_vec()).expect("it seals");
        assert_ne!(seal(), seal());
    }

    #[test]
    fn purposes_and_secrets_give_different_bytes() {
        let bytes = |secret: u8, purpose| derive(&[secret; SECRET_BYTES], purpose).expect("32");
        assert_eq!(bytes(1, "one"), bytes(1, "one"));
        assert_ne!(bytes(1, "one"), bytes(1, "two"));
        assert_ne!(bytes(1, "one"), bytes(2, "one"));
        assert_ne!(bytes(1, "one"), [1; SECRET_BYTES]);
    }
}
