//! What the crate promises with a real server, each with its bound. The bounds are those of a busy machine.

mod cluster;
mod common;
mod faults;
mod hostile;
mod login;
mod lost;
mod million;
mod sign_out;
