//! RS256 and ES256 (RFC 7518 §3.3, §3.4), SHA-256 and TLS: the only folder that names the crypto library.
//!
//! The library is called directly, so nothing here depends on a process-wide provider.

mod digest;
#[cfg(feature = "alb")]
mod ec_key;
#[cfg(all(feature = "alb", feature = "testing"))]
mod ec_signing_key;
mod key;
#[cfg(feature = "sign-in")]
mod sealing;
#[cfg(feature = "testing")]
mod signing_key;
#[cfg(feature = "redis")]
mod tls;

#[cfg(feature = "testing")]
pub(crate) use self::digest::hmac_sha256;
#[cfg(any(feature = "sign-in", feature = "testing"))]
pub(crate) use self::digest::sha256;
pub(crate) use self::digest::{SigningInput, TokenDigest};
#[cfg(feature = "alb")]
pub(crate) use self::ec_key::EcPublicKey;
#[cfg(all(feature = "alb", feature = "testing"))]
pub(crate) use self::ec_signing_key::EcSigningKey;
pub(crate) use self::key::PublicKey;
#[cfg(feature = "sign-in")]
pub(crate) use self::sealing::{SECRET_BYTES, SealingKey, derive, is_same_secret, random_secret};
#[cfg(feature = "testing")]
pub(crate) use self::signing_key::SigningKey;
#[cfg(feature = "redis")]
pub(crate) use self::tls::TlsRoots;
