//! Behind an Application Load Balancer: verifies what it signs about the users whom it has
//! authenticated, and lets their requests through.

mod authenticate;
mod claims;
#[cfg(feature = "axum")]
mod extract;
mod header;
mod keys;
mod layer;
mod load_balancer;
mod payload;
mod service;
#[cfg(feature = "testing")]
pub(crate) mod testing;
mod verifier;

pub use self::claims::AlbClaims;
pub use self::layer::AlbLayer;
pub use self::load_balancer::LoadBalancer;
pub use self::service::AlbService;
pub use self::verifier::{AlbVerifier, AlbVerifierBuilder};
