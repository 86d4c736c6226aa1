//! The endpoints of a user pool's domain: OAuth 2.0 (RFC 6749), revocation (RFC 7009), sign-out.

use form_urlencoded::Serializer;
use reqwest::RequestBuilder;
use serde::Deserialize;

use super::http::{Answer, Endpoint};
use super::wire::{Client, Issued, Kind, Refused, kind_of_status};
use crate::json;

const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    id_token: Option<String>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
}

/// Exchanges a refresh token at `/oauth2/token`.
pub(super) fn renewal(endpoint: &Endpoint, client: Client<'_>, token: &str) -> RequestBuilder {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(endpoint, "/oauth2/token", client, &form)
}

/// Exchanges an authorization code at `/oauth2/token` (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(super) fn exchange(
    endpoint: &Endpoint,
    client: Client<'_>,
    [code, redirect_uri, code_verifier]: [&str; 3],
) -> RequestBuilder {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", code_verifier),
    ];
    post(endpoint, "/oauth2/token", client, &form)
}

/// Revokes a refresh token at `/oauth2/revoke`.
pub(super) fn revocation(endpoint: &Endpoint, client: Client<'_>, token: &str) -> RequestBuilder {
    post(endpoint, "/oauth2/revoke", client, &[("token", token)])
}

/// The tokens of an answer of `/oauth2/token`.
pub(super) fn issued(answer: &Answer) -> Result<Issued, Refused> {
    done(answer)?;
    let response = answer.text().and_then(|text| json::from_object::<TokenResponse>(text).ok());
    let response = response.ok_or_else(|| Refused::malformed(answer))?;
    Ok(Issued {
        access_token: response.access_token,
        id_token: response.id_token,
        refresh_token: response.refresh_token,
    })
}

/// Whether the answer says that it was done.
pub(super) fn done(answer: &Answer) -> Result<(), Refused> {
    if answer.status == 200 { Ok(()) } else { Err(refused(answer)) }
}

/// The address of a page of the domain, with this query.
pub(super) fn page(endpoint: &Endpoint, path: &str, query: &[(&str, &str)]) -> String {
    format!("{}{path}?{}", endpoint.base(), encode(query))
}

fn post(
    endpoint: &Endpoint,
    path: &str,
    client: Client<'_>,
    form: &[(&str, &str)],
) -> RequestBuilder {
    let form = [form, &[("client_id", client.id)]].concat();
    let request = endpoint.post(path, FORM).body(encode(&form));
    match client.secret {
        Some(secret) => request.basic_auth(client.id, Some(secret.expose())),
        None => request,
    }
}

fn encode(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// By the error codes of RFC 6749 §5.2, which count with the status of a refused request alone.
fn refused(answer: &Answer) -> Refused {
    let response = answer.text().and_then(|text| json::from_object::<ErrorResponse>(text).ok());
    let code = response.as_ref().map(|response| response.error.as_str());
    let kind = match (answer.status, code) {
        (400, Some("invalid_grant")) => Kind::Ended,
        (400 | 401, Some("invalid_client")) => Kind::WrongSecret,
        (status, _) => kind_of_status(status),
    };
    Refused::by(answer, code, kind)
}
