use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

/// An RSA-2048 key pair that signs RS256, for the pools of tests.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
}

#[expect(clippy::expect_used, reason = "only tests sign, and a test that cannot should fail")]
impl SigningKey {
    pub(crate) fn generate() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048);
        Self { pair: pair.expect("the system's random numbers make an RSA key") }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed =
            self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.expect("a generated key signs");
        signature
    }

    /// The modulus and the exponent, big-endian.
    pub(crate) fn components(&self) -> (Vec<u8>, Vec<u8>) {
        let key = self.pair.public_key();
        let bytes =
            |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
        (bytes(key.modulus()), bytes(key.exponent()))
    }
}
