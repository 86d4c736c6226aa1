//! What can go wrong, one file for each place where it can.

mod claim;
mod config;
mod jwks;
mod prefetch;
#[cfg(feature = "app-client")]
mod renew;
mod revocation;
#[cfg(feature = "sign-in")]
mod session_store;
#[cfg(feature = "sign-in")]
mod sign_out;
mod verify;

pub use self::claim::ClaimError;
pub use self::config::ConfigError;
pub use self::jwks::JwksError;
pub use self::prefetch::PrefetchError;
#[cfg(feature = "app-client")]
pub use self::renew::RenewError;
pub use self::revocation::RevocationError;
#[cfg(feature = "sign-in")]
pub use self::session_store::SessionStoreError;
#[cfg(feature = "sign-in")]
pub use self::sign_out::SignOutError;
pub use self::verify::VerifyError;
