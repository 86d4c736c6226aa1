//! What the crate promises with a real server, each with its bound. The bounds are those of a busy machine.

mod cluster;
mod common;
#[path = "../../../it/sign_in/conformance.rs"]
mod conformance;
mod faults;
mod hostile;
mod login;
mod lost;
mod million;
mod postgres;
mod sessions;
mod sign_out;
