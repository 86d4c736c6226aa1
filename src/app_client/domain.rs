//! The endpoints of a user pool's domain: OAuth 2.0 (RFC 6749), revocation (RFC 7009), sign-out.

use std::time::Duration;

use form_urlencoded::Serializer;
use serde::Deserialize;

use super::http::{Answer, Endpoint, Retry};
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
pub(super) async fn renew(
    endpoint: &Endpoint,
    client: Client<'_>,
    refresh_token: &str,
    limit: Duration,
) -> Result<Issued, Refused> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    // Within the grace period of the rotation the old token works again, so a lost answer may be
    // asked for once more.
    let answer = post(endpoint, "/oauth2/token", client, &form, (Retry::Lost, limit)).await?;
    issued(&answer)
}

/// Exchanges an authorization code, which works once, at `/oauth2/token` (RFC 6749 §4.1.3, RFC 7636
/// §4.5).
pub(super) async fn exchange(
    endpoint: &Endpoint,
    client: Client<'_>,
    [code, redirect_uri, code_verifier]: [&str; 3],
    limit: Duration,
) -> Result<Issued, Refused> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", code_verifier),
    ];
    let answer = post(endpoint, "/oauth2/token", client, &form, (Retry::NotSent, limit)).await?;
    issued(&answer)
}

/// Revokes a refresh token at `/oauth2/revoke`.
pub(super) async fn revoke(
    endpoint: &Endpoint,
    client: Client<'_>,
    refresh_token: &str,
    limit: Duration,
) -> Result<(), Refused> {
    let form = [("token", refresh_token)];
    let answer = post(endpoint, "/oauth2/revoke", client, &form, (Retry::Lost, limit)).await?;
    if answer.status == 200 { Ok(()) } else { Err(refused(&answer)) }
}

/// The address of a page of the domain, with this query.
pub(super) fn page(endpoint: &Endpoint, path: &str, query: &[(&str, &str)]) -> String {
    format!("{}{path}?{}", endpoint.base(), encode(query))
}

async fn post(
    endpoint: &Endpoint,
    path: &str,
    client: Client<'_>,
    form: &[(&str, &str)],
    (retry, limit): (Retry, Duration),
) -> Result<Answer, Refused> {
    let mut form = form.to_vec();
    form.push(("client_id", client.id));
    let mut request = endpoint.post(path, FORM).body(encode(&form));
    if let Some(secret) = client.secret {
        request = request.basic_auth(client.id, Some(secret.expose()));
    }
    Ok(Answer::to(request, retry, limit).await?)
}

fn encode(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn issued(answer: &Answer) -> Result<Issued, Refused> {
    if answer.status != 200 {
        return Err(refused(answer));
    }
    let response = answer.text().and_then(|text| json::from_object::<TokenResponse>(text).ok());
    let response = response.ok_or_else(|| Refused::malformed(answer))?;
    Ok(Issued {
        access_token: response.access_token,
        id_token: response.id_token,
        refresh_token: response.refresh_token,
    })
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
