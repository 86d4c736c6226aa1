//! Redis and Valkey: what a fleet shares. The only place that knows their protocol.
//!
//! ```text
//! log          RedisLog: the revocations of a fleet, in one stream
//!   → stream     what a reply holds, however hostile
//! sessions     RedisSessions: the sessions of a fleet, one hash each (with the feature `sign-in`)
//! client       commands to the node that holds a key, with connections that are opened again
//!   → connection one connection to one node, whose replies are bounded
//! server       where the servers are and how to log in: what a URL says
//! ```

mod client;
mod connection;
mod error;
mod log;
mod server;
#[cfg(feature = "sign-in")]
mod sessions;
mod stream;

pub use self::log::RedisLog;
#[cfg(feature = "sign-in")]
pub use self::sessions::RedisSessions;
