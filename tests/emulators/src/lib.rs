//! Tests of `axum-cognito` against tokens that somebody else's program signs.
//!
//! Three emulators of Cognito are installed below the target directory, started on a loopback port
//! and stopped again. Each of their tokens goes over HTTP to an axum server behind `CognitoLayer`:
//!
//! ```text
//! signer     what differs between the emulators: ministack, moto, cognito_local
//!   → process    its process: installed, started and stopped by the crate `harness`
//!   → emulator   one that runs
//! cognito    its API, and the pages that a browser sees: token_endpoint, hosted_page
//!   → pool       a pool with a client, a group and a user
//! server     an axum server that trusts that pool
//! app_client the crate's own app client, for that pool
//! program    a program that its environment tells which pool to trust
//! scenarios  what must hold with every signer
//! example    an example of the crate that runs, and a program to try it with
//! ```
//!
//! A signer that cannot be installed or started fails every one of its tests.

mod app_client;
pub mod cognito;
mod cognito_local;
mod emulator;
mod example;
pub mod hosted_page;
mod ministack;
mod moto;
mod pool;
mod process;
pub mod program;
pub mod scenarios;
mod server;
mod signer;
pub mod tamper;
mod test_signer;
pub mod token_endpoint;

pub use cognito_local::COGNITO_LOCAL;
pub use emulator::Emulator;
pub use example::{Example, MCP as EXAMPLE_MCP, OPENAPI as EXAMPLE_OPENAPI};
pub use harness::{Failure, Install};
pub use ministack::MINISTACK;
pub use moto::MOTO;
pub use pool::Pool;
pub use process::Process;
pub use server::{Answer, Server};
pub use signer::{Signer, Site};
