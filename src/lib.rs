#![doc = include_str!("../README.md")]
#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used))]
#![cfg_attr(docsrs, feature(doc_cfg))]

// For readers and tests of the documentation alone: no program has it.
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

// Who may import whom, along the path of a request: tests/house.rs.
#[cfg(feature = "alb")]
mod alb;
#[cfg(feature = "app-client")]
mod app_client;
mod claims;
mod clock;
mod crypto;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod fetch;
mod json;
mod jws;
mod keys;
mod layer;
#[cfg(feature = "utoipa")]
mod openapi;
mod pool;
#[cfg(feature = "redis")]
mod redis;
mod rejection;
mod require;
#[cfg(feature = "resource-metadata")]
mod resource;
mod revocation;
#[cfg(feature = "sign-in")]
mod sign_in;
mod telemetry;
mod token;
mod verifier;

#[cfg(feature = "alb")]
pub use self::alb::{
    AlbClaims, AlbLayer, AlbService, AlbVerifier, AlbVerifierBuilder, LoadBalancer,
};
#[cfg(feature = "app-client")]
pub use self::app_client::{AppClient, AppClientBuilder, Tokens};
pub use self::claims::{AccessClaims, CognitoClaims, IdClaims, Identity, TokenUse};
#[cfg(feature = "app-client")]
pub use self::error::RenewError;
pub use self::error::{
    ClaimError, ConfigError, JwksError, PrefetchError, RevocationError, VerifyError,
};
#[cfg(feature = "sign-in")]
pub use self::error::{SessionStoreError, SignOutError};
#[cfg(feature = "axum")]
pub use self::extract::{BearerToken, Claims};
pub use self::fetch::{FetchJwks, JwksRequest, JwksResponse};
pub use self::keys::{JwksCache, JwksCacheBuilder, JwksState, JwksStatus, RefreshTask};
pub use self::layer::{CognitoLayer, CognitoService, ResponseFuture};
#[cfg(feature = "utoipa")]
pub use self::openapi::CognitoSecurity;
pub use self::pool::{ClientIds, UserPool};
#[cfg(feature = "redis")]
pub use self::redis::RedisLog;
#[cfg(all(feature = "redis", feature = "sign-in"))]
pub use self::redis::RedisSessions;
pub use self::rejection::{
    DefaultResponse, Rejection, RejectionKind, RespondToRejection, RespondWithParts,
};
pub use self::require::{Require, RequireFuture, RequireService};
#[cfg(feature = "resource-metadata")]
pub use self::resource::{ProtectedResource, ProtectedResourceBuilder};
pub use self::revocation::{
    Batch, Cursor, OnLoss, Revocation, RevocationLog, Revocations, RevocationsBuilder,
    RevocationsState, RevocationsStatus, SignInClaims,
};
#[cfg(feature = "sign-in")]
pub use self::sign_in::{
    MemorySessions, Session, SessionKey, SessionStore, SignIn, SignInBuilder, SignInLayer,
    SignInService, StoredSession,
};
#[cfg(feature = "testing")]
#[doc(no_inline)]
pub use self::testing::TestPool;
pub use self::token::TokenSource;
pub use self::verifier::{CognitoVerifier, CognitoVerifierBuilder, TrustedPool};
