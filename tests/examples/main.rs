//! What the examples say of themselves, one file for each of them.

mod apps;
mod common;
mod cors;
mod custom_extractor;
mod graceful_shutdown;
mod id_and_access_tokens;
mod list;
mod load_balancer;
#[expect(dead_code, reason = "shared with the other program of tests, which reads more of it")]
#[path = "../it/common/log.rs"]
mod log;
mod optional_sign_in;
mod problem_json;
mod renewal;
mod revocation;
mod scopes_and_groups;
mod tenants;
mod tracing_user;
mod web_app;
