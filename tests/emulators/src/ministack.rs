use std::process::Command;

use crate::{Install, Signer, Site};

/// MiniStack: the nearest to Cognito, with two keys a pool, machine tokens and the hosted page.
///
/// Its refresh token is signed with the key of access tokens: `token_use` alone tells it apart.
/// It rotates no refresh tokens, has no `/oauth2/revoke`, and `auth_time` moves with a renewal.
/// Without `cryptography` its signatures are random bytes.
pub const MINISTACK: Signer = Signer {
    name: "ministack",
    install: Install::Pip(&["ministack==1.5.33", "cryptography"]),
    start,
    ready: "/_ministack/health",
    authorization: None,
    sign_in_form: "/login",
    issuer: None,
    refresh_token_refusal: "refresh token",
};

fn start(site: Site<'_>) -> Command {
    let mut command = Command::new(site.installed.join("bin/ministack"));
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", site.port.to_string());
    command.env("SERVICES", "cognito-idp,cognito-identity").env("AUTH", "false");
    command.env("IOT_MTLS_ENABLED", "0").env("SFTP_ENABLED", "0");
    command.env("STATE_DIR", site.state).env("TMPDIR", site.state);
    command
}
