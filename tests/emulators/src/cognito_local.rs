use std::{fs, process::Command};

use crate::{Install, Signer, Site};

/// cognito-local: one key for every pool, an issuer of its own, pool ids without a region.
///
/// Another pool's token is signed with the right key: `iss` alone tells it apart. The right key also
/// signs the refresh token, which has no `kid`, no `token_use` and no client: it is merely malformed.
/// An address that is not verified is called verified. Its sign-in page drops the `nonce`, every
/// token lives a day, and its API has neither `GetTokensFromRefreshToken` nor `GlobalSignOut`.
pub const COGNITO_LOCAL: Signer = Signer {
    name: "cognito-local",
    install: Install::Npm(&["cognito-local@5.3.0"]),
    start,
    ready: "/health",
    authorization: None,
    sign_in_form: "/oauth2/authorize",
    issuer: Some(|base, pool| format!("{base}/{pool}")),
    refresh_token_refusal: "malformed",
};

fn start(site: Site<'_>) -> Command {
    let config = site.state.join(".cognito");
    fs::create_dir_all(&config).expect("the folder of the configuration can be made");
    let usernames = r#"{ "UserPoolDefaults": { "UsernameAttributes": [] } }"#;
    fs::write(config.join("config.json"), usernames).expect("the configuration can be written");
    let mut command = Command::new("node");
    command.arg(site.installed.join("node_modules/cognito-local/lib/bin/start.js"));
    command.env("HOST", "127.0.0.1").env("PORT", site.port.to_string());
    command
}
