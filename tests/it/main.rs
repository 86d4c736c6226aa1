//! The crate as its users see it: a folder or file a topic, one program to build.

mod alb;
mod app_client;
mod attacks;
mod auto_traits;
mod claims;
mod common;
mod config;
mod contract;
mod debug;
mod http;
mod independent;
mod jwk;
mod jws;
mod keys;
mod logs;
mod openapi;
mod order;
mod properties;
mod resource;
mod revocation;
mod rules;
mod sign_in;
mod test_pool;
