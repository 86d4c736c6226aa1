//! What the examples say of themselves, a file for each of them.

mod apps;
#[path = "../../../../tests/examples/common.rs"]
mod common;
mod grpc;
mod lambda;
mod mcp;
mod openapi;
mod websocket;
