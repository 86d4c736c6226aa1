//! A user pool of your own, for the tests of programs that use this crate (feature `testing`).
//!
//! Not for production: whoever holds a [`TestPool`] makes the tokens.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use axum_cognito::{CognitoClaims, CognitoLayer, testing::TestPool};
//! use tower::ServiceExt;
//!
//! async fn me(claims: CognitoClaims) -> String {
//!     claims.sub().to_owned()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = TestPool::offline();
//! let layer = CognitoLayer::new(pool.verifier("my-client-id"));
//! let app = Router::new().route("/me", get(me)).layer(layer);
//!
//! let token = pool.access_token("alice").client_id("my-client-id").sign();
//! let request = Request::get("/me").header("authorization", format!("Bearer {token}"));
//! let response = app.oneshot(request.body(Body::empty())?).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```

mod access;
mod api;
mod backend;
mod browser;
mod client;
mod counters;
mod directory;
mod domain;
pub(crate) mod draft;
mod endpoint;
pub(crate) mod faults;
mod key;
pub(crate) mod pool;
mod routes;
pub(crate) mod server;
mod sessions;
mod sign_in;
mod token;
mod user;
pub(crate) mod uuid;

pub use self::client::TestClient;
pub use self::pool::TestPool;
pub use self::sign_in::TestSignIn;
pub use self::token::TestToken;
pub use self::user::TestUser;
#[cfg(feature = "alb")]
pub use crate::alb::testing::{TestAlbToken, TestLoadBalancer};
pub use crate::clock::TestClock;
