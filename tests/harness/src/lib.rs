//! Programs of others, for tests: installed below the target directory, started on a loopback port, and stopped again
//! however the tests end.

mod failure;
mod folder;
mod install;
mod process;

pub use failure::Failure;
pub use folder::Folder;
pub use install::Install;
pub use process::{Process, free_port};
