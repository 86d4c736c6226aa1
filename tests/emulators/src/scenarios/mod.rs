//! What must hold with every signer, one function each; `test_signer!` makes tests of them.

mod accepted;
mod claims;
mod refused;

pub use accepted::*;
pub use claims::*;
pub use refused::*;

use crate::{Emulator, Pool, Server};

/// A pool, and a server that trusts it for its client.
async fn served(emulator: &Emulator) -> (Pool<'_>, Server) {
    let pool = Pool::create(emulator).await;
    let server = Server::start(pool.trusted(), &[&pool.client]).await;
    (pool, server)
}
