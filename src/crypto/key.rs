use std::fmt;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::SigningInput;

const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 4096;

/// An RSA public key that verifies RS256 signatures, parsed once.
pub(crate) struct PublicKey {
    parsed: ParsedPublicKey,
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
}

impl PublicKey {
    /// The key of this modulus and exponent, both big-endian, if RS256 allows it: 2048 to 4096 bits
    /// (RFC 7518 §3.3, and a bound on the work), and an odd exponent of 3 or more.
    pub(crate) fn from_components(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (trim(modulus), trim(exponent));
        let bits = modulus.len().saturating_mul(8) - leading_zero_bits(modulus);
        if !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits) {
            return None;
        }
        let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
        if !odd || exponent == [1] {
            return None;
        }
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let parsed = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
        Some(Self { parsed, modulus: modulus.into(), exponent: exponent.into() })
    }

    /// Whether `signature` is this key's over the signing input (RFC 8017 §8.2.2).
    pub(crate) fn verifies(&self, input: SigningInput, signature: &[u8]) -> bool {
        // A signature is exactly as long as the modulus, by the RFC's first step.
        signature.len() == self.modulus.len()
            && self.parsed.verify_digest_sig(&input.digest(), signature).is_ok()
    }

    /// Whether the other key is the same one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.modulus == other.modulus && self.exponent == other.exponent
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}

/// Without leading zero bytes: some issuers write a number with a sign byte.
fn trim(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn leading_zero_bits(number: &[u8]) -> usize {
    let zeros = number.first().map_or(0, |byte| byte.leading_zeros());
    usize::try_from(zeros).unwrap_or(0)
}
