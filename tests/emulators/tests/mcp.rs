//! Clients of the Model Context Protocol, which know of `examples/integrations/examples/mcp.rs` its URL and a client id.
//!
//! What they do is theirs: from the first 401 on they find the metadata, the issuer, its
//! configuration and its endpoints, sign in, and call the server's tool with the token.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use emulators::{EXAMPLE_MCP, Example, Failure, Install};

const TYPESCRIPT: Install = Install::Npm(&["@modelcontextprotocol/sdk@1.32.2"]);

fn root() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("emulators")
}

/// The server, which the first test starts.
fn server() -> &'static Example {
    static STARTED: OnceLock<Result<Example, Failure>> = OnceLock::new();
    let started = STARTED.get_or_init(|| Example::start(&EXAMPLE_MCP, &root()));
    started.as_ref().unwrap_or_else(|failure| panic!("{failure}"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// Runs a client to its end, and answers with the lines that it printed.
fn run(mut client: Command) -> Vec<String> {
    let output = client.env("NO_PROXY", "127.0.0.1").output().expect("the client starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{client:?} failed:\n{told}\n{errors}");
    told.lines().map(str::to_owned).collect()
}

/// Checks that the client went the whole way, step by step.
fn assert_found_the_way(lines: &[String]) {
    let tool =
        format!("the tool says: alice, with the scopes [\"{}\"]", server().url("/mcp/tools"));
    let mut rest = lines.iter();
    for step in [
        "POST /mcp 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "/.well-known/openid-configuration 200",
        "sign-in /oauth2/authorize 303",
        "POST /oauth2/token 200",
        "POST /mcp 200",
        &tool,
    ] {
        assert!(rest.any(|line| line.ends_with(step)), "no `{step}` in its place: {lines:#?}");
    }
}

#[test]
fn the_python_client_finds_the_sign_in_and_calls_the_tool() {
    let mut client = server().command("python");
    client.arg(script("mcp_client.py")).args([&server().url("/mcp"), "mcp-client"]);
    assert_found_the_way(&run(client));
}

#[test]
fn the_typescript_client_finds_the_sign_in_and_calls_the_tool() {
    let installed = TYPESCRIPT.run("mcp-typescript", &root());
    let installed = installed.unwrap_or_else(|failure| panic!("{failure}"));
    let mut client = Command::new("node");
    client.arg(script("mcp_client.mjs")).args([&server().url("/mcp"), "mcp-client"]);
    client.arg(installed);
    assert_found_the_way(&run(client));
}
