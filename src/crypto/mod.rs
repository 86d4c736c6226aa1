//! RS256 (RFC 7518 §3.3) and SHA-256: the only folder that names the crypto library.
//!
//! The library is called directly, so nothing here depends on a process-wide provider.

mod digest;
mod key;
#[cfg(feature = "testing")]
mod signing_key;

pub(crate) use self::digest::{SigningInput, TokenDigest};
pub(crate) use self::key::PublicKey;
#[cfg(feature = "testing")]
pub(crate) use self::signing_key::SigningKey;
