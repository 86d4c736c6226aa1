//! The examples as modules, with the tests that are in them.
#![expect(dead_code, reason = "a `main`; the build of each example reports what else is unused")]

#[path = "../../examples/cors.rs"]
pub(crate) mod cors;
#[path = "../../examples/custom_extractor.rs"]
pub(crate) mod custom_extractor;
#[path = "../../examples/graceful_shutdown.rs"]
pub(crate) mod graceful_shutdown;
#[path = "../../examples/id_and_access_tokens.rs"]
pub(crate) mod id_and_access_tokens;
#[path = "../../examples/load_balancer.rs"]
pub(crate) mod load_balancer;
#[path = "../../examples/optional_sign_in.rs"]
pub(crate) mod optional_sign_in;
#[path = "../../examples/problem_json.rs"]
pub(crate) mod problem_json;
#[path = "../../examples/renewal.rs"]
pub(crate) mod renewal;
#[path = "../../examples/revocation.rs"]
pub(crate) mod revocation;
#[path = "../../examples/scopes_and_groups.rs"]
pub(crate) mod scopes_and_groups;
#[path = "../../examples/tenants.rs"]
pub(crate) mod tenants;
#[path = "../../examples/testing_handlers.rs"]
pub(crate) mod testing_handlers;
#[path = "../../examples/tracing_user.rs"]
pub(crate) mod tracing_user;
#[path = "../../examples/web_app/main.rs"]
pub(crate) mod web_app;
