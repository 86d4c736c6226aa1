use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::crypto::EcSigningKey;
use crate::testing::uuid::uuid;

/// Characters in a line of PEM (RFC 7468 §2).
const LINE: usize = 64;

/// A signing key of a load balancer, under a `kid` as AWS makes them.
pub(super) struct TestAlbKey {
    pub(super) kid: String,
    key: EcSigningKey,
}

impl TestAlbKey {
    pub(super) fn generate() -> Self {
        Self { kid: uuid(), key: EcSigningKey::generate() }
    }

    /// The compact serialization of this header and payload, with the padding of load balancers or
    /// without.
    pub(super) fn sign(&self, header: &str, payload: &str, padded: bool) -> String {
        let engine = if padded { &URL_SAFE } else { &URL_SAFE_NO_PAD };
        let [header, payload] = [header, payload].map(|part| engine.encode(part));
        let signing_input = format!("{header}.{payload}");
        let signature = engine.encode(self.key.sign(signing_input.as_bytes()));
        format!("{signing_input}.{signature}")
    }

    /// The public key in PEM, as the endpoint of AWS serves it.
    pub(super) fn pem(&self) -> String {
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for (index, char) in STANDARD.encode(self.key.spki()).chars().enumerate() {
            if index > 0 && index.is_multiple_of(LINE) {
                pem.push('\n');
            }
            pem.push(char);
        }
        pem + "\n-----END PUBLIC KEY-----\n"
    }
}
