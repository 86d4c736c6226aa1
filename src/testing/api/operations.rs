use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::error::{ApiError, ErrorType};
use crate::crypto::hmac_sha256;
use crate::testing::access::{Access, AccessError};
use crate::testing::backend::{Backend, Refusal, Tokens};
use crate::testing::client::TestClient;
use crate::testing::sessions::{RefreshError, SignIn, SignedInBy};

/// What an operation answers.
type Answer = Result<Value, ApiError>;

/// The only scope that sign-in by the API gives, and what `GetUser` and `GlobalSignOut` ask for.
const API_SCOPE: &str = "aws.cognito.signin.user.admin";

pub(super) fn carry_out(
    backend: &Arc<Backend>,
    operation: &str,
    input: &Map<String, Value>,
) -> Answer {
    match operation {
        "GetTokensFromRefreshToken" => get_tokens(backend, input),
        "InitiateAuth" => initiate_auth(backend, input),
        "RevokeToken" => revoke_token(backend, input),
        "GlobalSignOut" => global_sign_out(backend, input),
        "GetUser" => get_user(backend, input),
        _ => Err(ApiError::new(ErrorType::UnknownOperation, "")),
    }
}

fn get_tokens(backend: &Arc<Backend>, input: &Map<String, Value>) -> Answer {
    let token = required(input, "RefreshToken")?;
    let client = client(backend, required(input, "ClientId")?)?;
    let secret = text(input, "ClientSecret");
    if !client.accepts_secret(secret) {
        let id = &client.id;
        let problem = match secret {
            Some(_) => format!("Unable to verify secret for client {id}"),
            None => format!("Client {id} is configured for secret but secret was not received"),
        };
        return Err(ApiError::not_authorized(problem));
    }
    let tokens = backend.renew(&client, token)?;
    Ok(json!({ "AuthenticationResult": result(&tokens) }))
}

fn initiate_auth(backend: &Arc<Backend>, input: &Map<String, Value>) -> Answer {
    let flow = required(input, "AuthFlow")?;
    let client = client(backend, required(input, "ClientId")?)?;
    let none = Map::new();
    let parameters = input.get("AuthParameters").and_then(Value::as_object).unwrap_or(&none);
    let hash = text(parameters, "SECRET_HASH");
    let tokens = match flow {
        "USER_PASSWORD_AUTH" => {
            let username = parameter(parameters, "USERNAME")?;
            let password = parameter(parameters, "PASSWORD")?;
            check_secret_hash(&client, hash, username)?;
            sign_in(backend, &client, username, password)?
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" if client.rotation.is_none() => {
            let token = parameter(parameters, "REFRESH_TOKEN")?;
            let username = backend.username_of(&client, token)?;
            check_secret_hash(&client, hash, &username)?;
            backend.renew(&client, token)?
        }
        // Rotation excludes it.
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let problem = "REFRESH_TOKEN_AUTH flow not enabled for this client";
            return Err(ApiError::new(ErrorType::InvalidParameter, problem));
        }
        other => {
            let problem = format!("{other} flow not enabled for this client");
            return Err(ApiError::new(ErrorType::InvalidParameter, problem));
        }
    };
    Ok(json!({ "AuthenticationResult": result(&tokens), "ChallengeParameters": {} }))
}

fn sign_in(
    backend: &Arc<Backend>,
    client: &TestClient,
    username: &str,
    password: &str,
) -> Result<Tokens, ApiError> {
    let expected = backend.directory().profile(username).password;
    if expected.is_some_and(|expected| expected != password) {
        return Err(ApiError::not_authorized("Incorrect username or password."));
    }
    let sign_in = SignIn {
        username: username.to_owned(),
        client_id: client.id.clone(),
        scope: API_SCOPE.to_owned(),
        signed_in_by: SignedInBy::Api,
        auth_time: backend.now(),
        resource: None,
        acr: None,
    };
    Ok(backend.sign_in(client, sign_in, None)?)
}

fn revoke_token(backend: &Arc<Backend>, input: &Map<String, Value>) -> Answer {
    let token = required(input, "Token")?;
    let client = client(backend, required(input, "ClientId")?)
        // Not of the errors of this operation.
        .map_err(|_| ApiError::new(ErrorType::InvalidParameter, "Invalid client id"))?;
    if !client.accepts_secret(text(input, "ClientSecret")) {
        return Err(ApiError::new(ErrorType::Unauthorized, "Invalid client secret"));
    }
    if !client.revocation {
        let problem = "Token revocation is not enabled for this client";
        return Err(ApiError::new(ErrorType::UnsupportedOperation, problem));
    }
    if token.split('.').count() == 3 {
        return Err(ApiError::new(ErrorType::UnsupportedTokenType, "Unsupported token type"));
    }
    backend.directory().sessions.revoke(token, &client.id);
    Ok(json!({}))
}

fn global_sign_out(backend: &Arc<Backend>, input: &Map<String, Value>) -> Answer {
    let access = access(backend, input)?;
    let now = backend.now();
    backend.directory().sign_out_user(&access.user.name, now);
    Ok(json!({}))
}

fn get_user(backend: &Arc<Backend>, input: &Map<String, Value>) -> Answer {
    let user = access(backend, input)?.user;
    let attribute = |name: &str, value: &str| json!({ "Name": name, "Value": value });
    let sub = attribute("sub", &user.sub);
    let others = user.attributes.iter().map(|(name, value)| attribute(name, value));
    let attributes: Vec<Value> = std::iter::once(sub).chain(others).collect();
    Ok(json!({ "Username": user.name, "UserAttributes": attributes }))
}

fn access(backend: &Arc<Backend>, input: &Map<String, Value>) -> Result<Access, ApiError> {
    let access = Access::of(backend, required(input, "AccessToken")?)?;
    if access.has_scope(API_SCOPE) {
        Ok(access)
    } else {
        Err(ApiError::not_authorized("Access Token does not have required scopes"))
    }
}

fn client(backend: &Backend, id: &str) -> Result<TestClient, ApiError> {
    backend.directory().client(id).ok_or_else(|| {
        let problem = format!("User pool client {id} does not exist.");
        ApiError::new(ErrorType::ResourceNotFound, problem)
    })
}

/// `SECRET_HASH`: HMAC-SHA256 of the user's name and the client's id, under its secret.
fn check_secret_hash(
    client: &TestClient,
    hash: Option<&str>,
    username: &str,
) -> Result<(), ApiError> {
    let message = format!("{username}{}", client.id);
    let is_of = |hash: &str, secret: &String| {
        STANDARD.encode(hmac_sha256(secret.as_bytes(), message.as_bytes())) == hash
    };
    let problem = match hash {
        None if client.secrets.is_empty() => return Ok(()),
        Some(_) if client.accepts_any_secret() => return Ok(()),
        Some(hash) if client.secrets.iter().any(|secret| is_of(hash, secret)) => return Ok(()),
        Some(_) => format!("Unable to verify secret hash for client {}", client.id),
        None => {
            let id = &client.id;
            format!("Client {id} is configured with secret but SECRET_HASH was not received")
        }
    };
    Err(ApiError::not_authorized(problem))
}

fn result(tokens: &Tokens) -> Value {
    let mut result = json!({
        "AccessToken": tokens.access,
        "ExpiresIn": tokens.expires_in.as_secs(),
        "TokenType": "Bearer",
    });
    for (name, token) in [("IdToken", &tokens.id), ("RefreshToken", &tokens.refresh)] {
        if let (Some(token), Value::Object(result)) = (token, &mut result) {
            result.insert(name.to_owned(), token.clone().into());
        }
    }
    result
}

fn text<'a>(input: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

fn required<'a>(input: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    text(input, name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let mut chars = name.chars();
        let first = chars.next().map(|first| first.to_ascii_lowercase());
        let member: String = first.into_iter().chain(chars).collect();
        let problem = format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
        );
        ApiError::new(ErrorType::InvalidParameter, problem)
    })
}

fn parameter<'a>(input: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    let missing =
        || ApiError::new(ErrorType::InvalidParameter, format!("Missing required parameter {name}"));
    text(input, name).ok_or_else(missing)
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Token(RefreshError::Unknown) => Self::not_authorized("Invalid Refresh Token"),
            Refusal::Token(RefreshError::Revoked) => {
                Self::not_authorized("Refresh Token has been revoked")
            }
            Refusal::Token(RefreshError::Expired) => {
                Self::not_authorized("Refresh Token has expired")
            }
            Refusal::Token(RefreshError::Reused) => {
                Self::new(ErrorType::RefreshTokenReuse, "Refresh token has been rotated")
            }
            Refusal::UserDisabled => Self::not_authorized("User is disabled."),
            Refusal::UserUnknown => Self::new(ErrorType::UserNotFound, "User does not exist."),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Invalid => Self::not_authorized("Invalid Access Token"),
            AccessError::Expired => Self::not_authorized("Access Token has expired"),
            AccessError::Revoked => Self::not_authorized("Access Token has been revoked"),
            AccessError::UserDisabled => Self::not_authorized("User is disabled."),
            AccessError::UserUnknown => Self::new(ErrorType::UserNotFound, "User does not exist."),
        }
    }
}
