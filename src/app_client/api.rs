//! The pool's API, as far as it needs no AWS signature: JSON 1.1, an operation for each call.

use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};

use super::http::{Answer, Endpoint};
use super::secrets::Secret;
use super::wire::{Client, Issued, Kind, Refused, kind_of_status};
use crate::json;

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: &str = "x-amz-target";
const ERROR_TYPE: &str = "x-amzn-errortype";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RenewalRequest<'a> {
    refresh_token: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RevocationRequest<'a> {
    token: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserRequest<'a> {
    access_token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RenewalResponse {
    authentication_result: AuthenticationResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthenticationResult {
    access_token: String,
    id_token: Option<String>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct ErrorResponse {
    #[serde(rename = "__type")]
    kind: Option<String>,
    message: Option<String>,
    /// How some of AWS's services write it.
    #[serde(rename = "Message")]
    capital_message: Option<String>,
}

/// Exchanges a refresh token, whether or not the app client rotates them.
pub(super) fn renewal(endpoint: &Endpoint, client: Client<'_>, token: &str) -> RequestBuilder {
    let client_secret = client.secret.map(Secret::expose);
    let request = RenewalRequest { refresh_token: token, client_id: client.id, client_secret };
    post(endpoint, "GetTokensFromRefreshToken", &request)
}

/// Revokes a refresh token, and with it the access tokens of its sign-in.
pub(super) fn revocation(endpoint: &Endpoint, client: Client<'_>, token: &str) -> RequestBuilder {
    let client_secret = client.secret.map(Secret::expose);
    post(endpoint, "RevokeToken", &RevocationRequest { token, client_id: client.id, client_secret })
}

/// Ends every sign-in of the user of this access token.
pub(super) fn sign_out_everywhere(endpoint: &Endpoint, access_token: &str) -> RequestBuilder {
    post(endpoint, "GlobalSignOut", &UserRequest { access_token })
}

/// Asks for the user of this access token, whom only a living one names.
pub(super) fn user(endpoint: &Endpoint, access_token: &str) -> RequestBuilder {
    post(endpoint, "GetUser", &UserRequest { access_token })
}

/// The tokens of an answer to a renewal.
pub(super) fn issued(answer: &Answer) -> Result<Issued, Refused> {
    done(answer)?;
    let response = answer.text().and_then(|text| json::from_object::<RenewalResponse>(text).ok());
    let result = response.ok_or_else(|| Refused::malformed(answer))?.authentication_result;
    Ok(Issued {
        access_token: result.access_token,
        id_token: result.id_token,
        refresh_token: result.refresh_token,
    })
}

/// Whether the answer says that it was done.
pub(super) fn done(answer: &Answer) -> Result<(), Refused> {
    if answer.status == 200 { Ok(()) } else { Err(refused(answer)) }
}

fn post(endpoint: &Endpoint, operation: &str, request: &impl Serialize) -> RequestBuilder {
    // Strings and options of strings: it always succeeds.
    let body = serde_json::to_vec(request).unwrap_or_default();
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    endpoint.post("/", JSON).header(TARGET, target).body(body)
}

/// By the type of the error, in the header or in the body.
fn refused(answer: &Answer) -> Refused {
    let body = answer.text().and_then(|text| json::from_object::<ErrorResponse>(text).ok());
    let header = answer.headers.get(ERROR_TYPE).and_then(|value| value.to_str().ok());
    let code = header.or(body.as_ref().and_then(|body| body.kind.as_deref())).map(bare);
    let message =
        body.as_ref().and_then(|body| body.message.as_deref().or(body.capital_message.as_deref()));
    let is_refusal = (400..500).contains(&answer.status) && answer.status != 429;
    let kind = match code.filter(|_| is_refusal) {
        Some(code) => kind_of(code, message.unwrap_or_default())
            .unwrap_or_else(|| kind_of_status(answer.status)),
        None => kind_of_status(answer.status),
    };
    Refused::by(answer, code, kind)
}

/// The name alone of `com.amazonaws.cognito#Name`, or of `Name:http://…`.
fn bare(code: &str) -> &str {
    let name = code.rsplit('#').next().unwrap_or(code);
    name.split(':').next().unwrap_or(name).trim()
}

/// What the errors of the four operations mean, from the service model; `None` for any other.
fn kind_of(code: &str, message: &str) -> Option<Kind> {
    let kind = match code {
        "NotAuthorizedException" if speaks_of_the_client(message) => Kind::WrongSecret,
        "NotAuthorizedException"
        | "RefreshTokenReuseException"
        | "UserNotFoundException"
        | "UserNotConfirmedException"
        | "PasswordResetRequiredException" => Kind::Ended,
        "UnauthorizedException" => Kind::WrongSecret,
        "TooManyRequestsException" | "LimitExceededException" | "ThrottlingException" => {
            Kind::Throttled
        }
        // A firewall, and Lambda triggers of the pool: none says anything about the token.
        "ForbiddenException"
        | "InternalErrorException"
        | "InvalidLambdaResponseException"
        | "UnexpectedLambdaException"
        | "UserLambdaValidationException" => Kind::Unavailable,
        "ResourceNotFoundException"
        | "InvalidParameterException"
        | "OperationNotEnabledException"
        | "UnsupportedOperationException"
        | "UnsupportedTokenTypeException"
        | "InvalidUserPoolConfigurationException" => Kind::Misconfigured,
        _ => return None,
    };
    Some(kind)
}

/// Whether a `NotAuthorizedException` is about the app client, not about the token.
///
/// The type is the same for a token that was revoked and for a client whose secret is wrong or
/// missing, and a wrong secret must not sign everybody out. So here alone the message counts, and
/// only in this direction: whatever it says, it can keep a session, never end one. Cognito's messages
/// about a client name it ("Client … is configured for secret but secret was not received",
/// "SecretHash does not match for the client: …", "Unable to verify secret hash for client …"); those
/// about a token or a user do not ("Invalid Refresh Token", "Refresh Token has been revoked",
/// "Refresh Token has expired", "User is disabled.").
fn speaks_of_the_client(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("secret") || message.contains("client")
}
