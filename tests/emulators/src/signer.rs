use std::{path::Path, process::Command};

use crate::Install;

/// An emulator of Cognito: how to get it, how to start it, and where it differs from the others.
#[derive(Debug)]
pub struct Signer {
    /// Its name, in messages and of its folder.
    pub name: &'static str,
    /// How its program is installed, version and all.
    pub install: Install,
    /// The command that starts it on a loopback port.
    pub start: fn(Site<'_>) -> Command,
    /// The path that answers 200 once it serves.
    pub ready: &'static str,
    /// The `Authorization` header that its API wants; `None` where unsigned calls do.
    pub authorization: Option<&'static str>,
    /// The `iss` of its tokens, of its address and the pool's id; `None` where it is Amazon's own.
    pub issuer: Option<fn(&str, &str) -> String>,
    /// Where the form of its sign-in page is sent; empty where it has no page.
    pub sign_in_form: &'static str,
    /// What the refusal of its refresh token says, in part.
    pub refresh_token_refusal: &'static str,
}

/// Where a signer is to run.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The folder that it is installed in.
    pub installed: &'a Path,
    /// An empty folder for what it writes; also its working directory.
    pub state: &'a Path,
    /// The loopback port to listen on.
    pub port: u16,
}
