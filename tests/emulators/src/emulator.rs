use std::path::Path;

use axum_cognito::UserPool;
use reqwest::{Client, redirect};

use crate::{Failure, Process, Signer};

/// A signer that runs.
#[derive(Debug)]
pub struct Emulator {
    signer: &'static Signer,
    process: Process,
}

impl Emulator {
    /// Installs the signer where it is not installed yet, starts it, and waits until it is ready.
    ///
    /// Everything it needs is kept below `root`.
    ///
    /// # Errors
    /// A signer that cannot be installed or started.
    pub fn start(signer: &'static Signer, root: &Path) -> Result<Self, Failure> {
        let installed = signer.install.run(signer.name, root)?;
        let process = Process::start(signer, &installed, root)?;
        Ok(Self { signer, process })
    }

    /// Which signer it is.
    #[must_use]
    pub fn signer(&self) -> &'static Signer {
        self.signer
    }

    /// The URL of this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.process.port())
    }

    /// The pool with this id, as the crate is to know it: its issuer, and where its keys are read.
    #[must_use]
    pub fn user_pool(&self, id: &str) -> UserPool {
        let jwks = self.url(&format!("/{id}/.well-known/jwks.json"));
        let pool = UserPool::new(id).expect("the emulator's pool id is accepted");
        let pool = match self.signer.issuer {
            Some(issuer) => {
                pool.with_issuer(&issuer(&self.url(""), id)).expect("its issuer is accepted")
            }
            None => pool,
        };
        pool.with_jwks_url(&jwks).expect("a loopback JWKS URL is accepted")
    }

    /// An HTTP client for it: one that follows no redirect and uses no proxy.
    pub(crate) fn http(&self) -> Client {
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none());
        client.build().expect("the HTTP client can be built")
    }
}
