//! A program that its environment tells which pool to trust.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use crate::{Emulator, Pool};

/// Runs the program at this path with the token on standard input, in an environment that names the
/// pool, its client and the emulator's address.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn run(path: &str, emulator: &Emulator, pool: &Pool<'_>, token: &str) -> Output {
    let mut command = Command::new(path);
    command.env("COGNITO_USER_POOL_ID", &pool.id).env("COGNITO_CLIENT_ID", &pool.client);
    command.env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", emulator.url(""));
    command.env_remove("COGNITO_TOKEN_USE").env("NO_PROXY", "127.0.0.1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("its input is a pipe");
    input.write_all(token.as_bytes()).expect("it takes the token");
    drop(input);
    child.wait_with_output().expect("the program ends")
}
