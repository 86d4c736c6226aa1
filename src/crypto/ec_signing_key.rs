use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::ec_key::SPKI_PREFIX;

/// A P-256 key pair that signs ES256, for the load balancers of tests.
pub(crate) struct EcSigningKey {
    pair: EcdsaKeyPair,
}

#[expect(clippy::expect_used, reason = "only tests sign, and a test that cannot should fail")]
impl EcSigningKey {
    pub(crate) fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self { pair: pair.expect("the system's random numbers make a P-256 key") }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        signature.expect("a generated key signs").as_ref().to_vec()
    }

    /// The public key as SubjectPublicKeyInfo in DER (RFC 5480 §2).
    pub(crate) fn spki(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        // The prefix ends with the first byte of the point.
        SPKI_PREFIX.iter().chain(point.iter().skip(1)).copied().collect()
    }
}
