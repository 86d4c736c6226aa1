//! Tests of `axum-cognito` with real servers of Redis, Valkey and PostgreSQL.
//!
//! ```text
//! program    Redis or Valkey, installed
//!   → server   one that runs: killed, restarted, frozen, emptied, replicated
//!     → cluster  three of them
//! certificates  for a server with TLS
//! proxy      an address that leads to one server, and then to another
//! postgres   a server of PostgreSQL
//! fleet      verifiers that share a server
//! ```

mod certificates;
mod cluster;
mod fleet;
mod postgres;
mod program;
mod proxy;
mod server;

pub use certificates::Certificates;
pub use cluster::Cluster;
pub use fleet::{Fleet, Verdict};
pub use postgres::Postgres;
pub use program::Program;
pub use proxy::Proxy;
pub use server::{Options, Server};
