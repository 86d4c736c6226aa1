use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::crypto::SigningKey;

/// A signing key of a pool, under a `kid` as Cognito makes them.
pub(super) struct TestKey {
    pub(super) kid: String,
    key: SigningKey,
}

/// The two keys that a pool has: for access tokens and for ID tokens.
pub(super) struct TestKeys {
    pub(super) access: TestKey,
    pub(super) id: TestKey,
}

impl TestKey {
    fn generate() -> Self {
        let kid: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
        Self { kid: STANDARD.encode(kid), key: SigningKey::generate() }
    }

    /// The compact serialization of this header and payload (RFC 7515 §7.1).
    pub(super) fn sign(&self, header: &str, payload: &str) -> String {
        let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signing_input = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signing_input.as_bytes()));
        format!("{signing_input}.{signature}")
    }

    fn jwk(&self) -> Value {
        let (modulus, exponent) = self.key.components();
        let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
        json!({ "kid": self.kid, "alg": "RS256", "kty": "RSA", "e": e, "n": n, "use": "sig" })
    }
}

impl TestKeys {
    /// Two new keys, made side by side: each takes a good part of a second in a debug build.
    pub(super) fn generate() -> Self {
        std::thread::scope(|scope| {
            let id = scope.spawn(TestKey::generate);
            let access = TestKey::generate();
            Self { access, id: id.join().unwrap_or_else(|_| TestKey::generate()) }
        })
    }

    pub(super) fn jwks(&self) -> String {
        json!({ "keys": [self.id.jwk(), self.access.jwk()] }).to_string()
    }
}
