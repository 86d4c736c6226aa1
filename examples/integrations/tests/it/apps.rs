//! The examples as modules.
#![expect(dead_code, reason = "a `main`; the build of each example reports what else is unused")]

#[path = "../../examples/grpc.rs"]
pub(crate) mod grpc;
#[path = "../../examples/lambda.rs"]
pub(crate) mod lambda;
#[path = "../../examples/mcp.rs"]
pub(crate) mod mcp;
#[path = "../../examples/openapi.rs"]
pub(crate) mod openapi;
#[path = "../../examples/websocket.rs"]
pub(crate) mod websocket;
