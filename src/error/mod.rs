//! What can go wrong, one file for each place where it can.

mod claim;
mod config;
mod jwks;
mod prefetch;
#[cfg(feature = "app-client")]
mod renew;
mod revocation;
mod verify;

pub use self::claim::ClaimError;
pub use self::config::ConfigError;
pub use self::jwks::JwksError;
pub use self::prefetch::PrefetchError;
#[cfg(feature = "app-client")]
pub use self::renew::RenewError;
pub use self::revocation::RevocationError;
pub use self::verify::VerifyError;
