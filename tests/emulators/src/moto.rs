use std::process::Command;

use crate::{Install, Signer, Site};

/// moto: one key for every pool, `email_verified` a string, the refresh token a UUID.
///
/// Another pool's token is signed with the right key: `iss` alone tells it apart. It reads from the
/// `Authorization` header which service a call is for; the signature may be any. Renewal is
/// `InitiateAuth` alone: it has no `GetTokensFromRefreshToken`, no `RevokeToken` and no domain.
pub const MOTO: Signer = Signer {
    name: "moto",
    install: Install::Pip(&["moto[server,cognitoidp]==5.2.5"]),
    start,
    ready: "/moto-api/",
    authorization: Some(
        "AWS4-HMAC-SHA256 Credential=mock/20260101/us-east-1/cognito-idp/aws4_request, \
         SignedHeaders=host, Signature=none",
    ),
    sign_in_form: "",
    issuer: None,
    refresh_token_refusal: "refresh token",
};

fn start(site: Site<'_>) -> Command {
    let mut command = Command::new(site.installed.join("bin/moto_server"));
    command.args(["-H", "127.0.0.1", "-p", &site.port.to_string()]);
    command
}
