//! The token endpoint of a pool's domain.

use serde_json::Value;

use crate::{Emulator, cognito::text};

/// Posts this form, and answers with the tokens' JSON.
///
/// # Panics
/// When the emulator refuses: the message holds its answer.
pub async fn exchange(emulator: &Emulator, form: &[(&str, &str)]) -> Value {
    let name = emulator.signer().name;
    let request = emulator.http().post(emulator.url("/oauth2/token")).form(form);
    let response =
        request.send().await.unwrap_or_else(|error| panic!("{name} did not answer: {error}"));
    let status = response.status();
    let body = response.text().await.unwrap_or_default();
    assert!(status.is_success(), "{name} gave no token, but {status}: {body}");
    serde_json::from_str(&body)
        .unwrap_or_else(|error| panic!("{name} answered no JSON ({error}): {body}"))
}

/// The access token of a machine: the grant of client credentials, for this scope.
///
/// `client` is the answer to `CreateUserPoolClient`, of a client with a secret.
pub async fn machine_token(emulator: &Emulator, client: &Value, scope: &str) -> String {
    let (id, secret) = (text(client, "/ClientId"), text(client, "/ClientSecret"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("scope", scope),
    ];
    text(&exchange(emulator, &form).await, "/access_token")
}
