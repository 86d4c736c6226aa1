use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Failure, Install, Process, Signer, Site};

/// How long an example may take to be built and to serve.
const READY_WITHIN: Duration = Duration::from_secs(600);

/// `examples/integrations/examples/mcp.rs`, with the protocol's own client for Python.
pub const MCP: Signer = Signer {
    name: "example-mcp",
    install: Install::Pip(&["mcp==2.3.0"]),
    start: |site| run("mcp", site),
    ready: "/.well-known/oauth-protected-resource/mcp",
    authorization: None,
    sign_in_form: "",
    issuer: None,
    refresh_token_refusal: "",
};

/// `examples/integrations/examples/openapi.rs`, with a validator of such documents.
pub const OPENAPI: Signer = Signer {
    name: "example-openapi",
    install: Install::Pip(&["openapi-spec-validator==0.9.0"]),
    start: |site| run("openapi", site),
    ready: "/openapi.json",
    ..MCP
};

/// An example of the crate that runs, and the program that it is tried with.
#[derive(Debug)]
pub struct Example {
    process: Process,
    installed: PathBuf,
}

impl Example {
    /// Installs the program, builds and starts the example, and waits until it is ready.
    ///
    /// # Errors
    /// What cannot be installed, built or started.
    pub fn start(example: &Signer, root: &Path) -> Result<Self, Failure> {
        let installed = example.install.run(example.name, root)?;
        let process = Process::start_within(example, &installed, root, READY_WITHIN)?;
        Ok(Self { process, installed })
    }

    /// The URL of this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.process.port())
    }

    /// A command of the program.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        Command::new(self.installed.join("bin").join(name))
    }
}

/// The command that the example's own first lines name.
fn run(example: &str, site: Site<'_>) -> Command {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "-p", "integrations", "--example", example, "--manifest-path"])
        .arg(manifest);
    command.env("PORT", site.port.to_string());
    command
}
