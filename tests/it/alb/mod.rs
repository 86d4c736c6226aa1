//! Tokens that an Application Load Balancer signs: the header, its keys, the layer.

mod attacks;
mod claims;
mod config;
mod format;
mod header;
mod keys;
mod keys_denied;
mod keys_flood;
mod keys_kept;
mod keys_pace;
mod layer;
mod order;
mod wire;
