use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::client_auth::{ClientError, client_of};
use super::params::Params;
use super::{json_response, lost, unavailable};
use crate::crypto::sha256;
use crate::testing::backend::{Backend, Tokens};
use crate::testing::client::{ClientKind, TestClient};
use crate::testing::token::TestToken;

/// The errors of the token endpoint, as AWS lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenError {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
}

/// `POST /oauth2/token`.
///
/// Source: [The token issuer endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html).
pub(super) async fn token(
    State(backend): State<Arc<Backend>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    backend.counters.count_token();
    if let Err(fault) = backend.faults.pass().await {
        return unavailable(fault);
    }
    let answer = if is_form(&headers) {
        grant(&backend, &headers, &Params::parse(&body))
    } else {
        Err(TokenError::InvalidRequest)
    };
    if backend.faults.loses_answer() {
        return lost();
    }
    match answer {
        Ok(tokens) => json_response(StatusCode::OK, &body_of(&tokens)),
        Err(error) => error.into_response(),
    }
}

fn grant(backend: &Arc<Backend>, headers: &HeaderMap, form: &Params) -> Result<Tokens, TokenError> {
    if form.has_duplicates() {
        return Err(TokenError::InvalidRequest);
    }
    let grant_type = form.get("grant_type").ok_or(TokenError::InvalidRequest)?;
    if !matches!(grant_type, "authorization_code" | "refresh_token" | "client_credentials") {
        return Err(TokenError::UnsupportedGrantType);
    }
    let client = client_of(backend, headers, form)?;
    let for_machines = grant_type == "client_credentials";
    match client.kind {
        ClientKind::Users if for_machines => return Err(TokenError::UnauthorizedClient),
        ClientKind::Machine if !for_machines => return Err(TokenError::UnauthorizedClient),
        ClientKind::Users | ClientKind::Machine | ClientKind::Any => {}
    }
    match grant_type {
        "authorization_code" => exchange(backend, &client, form),
        "refresh_token" => {
            let token = form.get("refresh_token").ok_or(TokenError::InvalidRequest)?;
            backend.renew(&client, token).map_err(|_| TokenError::InvalidGrant)
        }
        _ => machine(backend, &client, form),
    }
}

/// A code for the first tokens of a sign-in.
fn exchange(
    backend: &Arc<Backend>,
    client: &TestClient,
    form: &Params,
) -> Result<Tokens, TokenError> {
    let code = form.get("code").ok_or(TokenError::InvalidRequest)?;
    let redirect_uri = form.get("redirect_uri").ok_or(TokenError::InvalidRequest)?;
    let grant = backend.directory().sessions.take_code(code, backend.now());
    let grant = grant.ok_or(TokenError::InvalidGrant)?;
    let is_proven = match &grant.code_challenge {
        Some(challenge) => form.get("code_verifier").is_some_and(|verifier| {
            URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())) == *challenge
        }),
        None => true,
    };
    let is_for_it =
        grant.sign_in.client_id == client.id && grant.redirect_uri == redirect_uri && is_proven;
    if !is_for_it {
        return Err(TokenError::InvalidGrant);
    }
    let tokens = backend.sign_in(client, grant.sign_in, grant.nonce.as_deref());
    tokens.map_err(|_| TokenError::InvalidGrant)
}

/// An access token of the client itself.
fn machine(
    backend: &Arc<Backend>,
    client: &TestClient,
    form: &Params,
) -> Result<Tokens, TokenError> {
    let scope = match form.get("scope") {
        Some(scope) if !scope.split(' ').all(|scope| client.allows_scope(scope)) => {
            return Err(TokenError::InvalidScope);
        }
        Some(scope) => scope.to_owned(),
        None => client.scopes.join(" "),
    };
    let access = TestToken::of_machine(backend, &client.id)
        .claim_if("scope", (!scope.is_empty()).then_some(scope))
        .expires_in(client.access_lifetime)
        .sign();
    Ok(Tokens { access, id: None, refresh: None, expires_in: client.access_lifetime })
}

fn body_of(tokens: &Tokens) -> Value {
    let mut body = json!({
        "access_token": tokens.access,
        "expires_in": tokens.expires_in.as_secs(),
        "token_type": "Bearer",
    });
    for (name, token) in [("id_token", &tokens.id), ("refresh_token", &tokens.refresh)] {
        if let (Some(token), Value::Object(body)) = (token, &mut body) {
            body.insert(name.to_owned(), token.clone().into());
        }
    }
    body
}

/// Whether a body is a form: the only one that AWS takes.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl From<ClientError> for TokenError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::NotNamed => Self::InvalidRequest,
            ClientError::Rejected => Self::InvalidClient,
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::UnauthorizedClient => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
        };
        json_response(status, &json!({ "error": error }))
    }
}
