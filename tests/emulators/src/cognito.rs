//! The API of Cognito, by unsigned calls.

use serde_json::{Value, json};

use crate::Emulator;

/// The three tokens of a sign-in.
#[derive(Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The ID token.
    pub id: String,
    /// The refresh token; empty in the answer to a refresh.
    pub refresh: String,
}

/// Calls an action of the API, and answers with its output.
///
/// # Panics
/// When the emulator refuses: the message holds its answer.
pub async fn call(emulator: &Emulator, action: &str, input: &Value) -> Value {
    let name = emulator.signer().name;
    let mut request = emulator.http().post(emulator.url("/"));
    if let Some(authorization) = emulator.signer().authorization {
        request = request.header("authorization", authorization);
    }
    let response = request
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{action}"))
        .body(input.to_string())
        .send()
        .await
        .unwrap_or_else(|error| panic!("{name} did not answer {action}: {error}"));
    let status = response.status();
    let body = response.text().await.unwrap_or_default();
    assert!(status.is_success(), "{name} refused {action} with {status}: {body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

/// Signs a user in with a password, through the API.
///
/// # Panics
/// When the emulator refuses, or asks for more than a password.
pub async fn sign_in(emulator: &Emulator, client: &str, username: &str, password: &str) -> Tokens {
    let parameters = json!({ "USERNAME": username, "PASSWORD": password });
    initiate_auth(emulator, client, "USER_PASSWORD_AUTH", &parameters).await
}

/// Exchanges a refresh token for a new access token and a new ID token.
///
/// # Panics
/// When the emulator refuses.
pub async fn refresh(emulator: &Emulator, client: &str, refresh_token: &str) -> Tokens {
    let parameters = json!({ "REFRESH_TOKEN": refresh_token });
    initiate_auth(emulator, client, "REFRESH_TOKEN_AUTH", &parameters).await
}

/// The string at this JSON pointer of an emulator's answer.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("the answer has no string {pointer}: {answer}")).to_owned()
}

async fn initiate_auth(
    emulator: &Emulator,
    client: &str,
    flow: &str,
    parameters: &Value,
) -> Tokens {
    let input = json!({ "AuthFlow": flow, "ClientId": client, "AuthParameters": parameters });
    let output = call(emulator, "InitiateAuth", &input).await;
    let refresh = output.pointer("/AuthenticationResult/RefreshToken").and_then(Value::as_str);
    Tokens {
        access: text(&output, "/AuthenticationResult/AccessToken"),
        id: text(&output, "/AuthenticationResult/IdToken"),
        refresh: refresh.unwrap_or_default().to_owned(),
    }
}
