use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

/// All that stands before the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480 §2): the
/// algorithm, the curve, and the `04` of an uncompressed point.
pub(super) const SPKI_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const COORDINATES_BYTES: usize = 64;
const SIGNATURE_BYTES: usize = 64;

/// A P-256 public key that verifies ES256 signatures, parsed once.
pub(crate) struct EcPublicKey {
    parsed: ParsedPublicKey,
}

impl EcPublicKey {
    /// The key of this SubjectPublicKeyInfo in DER, if it is a point of P-256 (RFC 5480 §2.2).
    pub(crate) fn from_spki(der: &[u8]) -> Option<Self> {
        let coordinates = der.strip_prefix(&SPKI_PREFIX)?;
        if coordinates.len() != COORDINATES_BYTES {
            return None;
        }
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der).ok()?;
        Some(Self { parsed })
    }

    /// Whether `signature` is this key's over the message: two numbers of 32 bytes (RFC 7518 §3.4).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == SIGNATURE_BYTES && self.parsed.verify_sig(message, signature).is_ok()
    }
}
