//! Each error of Cognito's is of its kind, by type and status, never by its message.

use std::time::Duration;

use axum_cognito::{AppClient, RenewError};

use super::cognito::{Cognito, Reply};

const UNAVAILABLE: RenewError = RenewError::Unavailable { retry_after: Duration::from_secs(1) };
const ENDED: RenewError = RenewError::Ended;
const MISCONFIGURED: RenewError = RenewError::Misconfigured;

/// Renews with a client of its own, so that no pause is left from the one before.
async fn kind_of(
    cognito: &Cognito,
    client: AppClient,
    reply: Reply,
) -> Result<&'static str, RenewError> {
    cognito.set(move |_, _| reply.clone());
    client.renew("refresh-token").await.map(|_| "renewed")
}

#[tokio::test]
async fn each_error_of_the_token_endpoint_has_its_kind() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    for (status, error, kind) in [
        (400, "invalid_grant", ENDED),
        (400, "invalid_client", MISCONFIGURED),
        (401, "invalid_client", MISCONFIGURED),
        (400, "invalid_request", MISCONFIGURED),
        (400, "unauthorized_client", MISCONFIGURED),
        (400, "unsupported_grant_type", MISCONFIGURED),
        (400, "an_error_of_tomorrow", MISCONFIGURED),
        (404, "invalid_grant", MISCONFIGURED),
        (403, "forbidden", UNAVAILABLE),
        (403, "invalid_grant", UNAVAILABLE),
        (429, "invalid_grant", UNAVAILABLE),
        (429, "too_many_requests", UNAVAILABLE),
        (500, "invalid_grant", UNAVAILABLE),
        (500, "server_error", UNAVAILABLE),
        (502, "invalid_client", UNAVAILABLE),
        (503, "temporarily_unavailable", UNAVAILABLE),
        (504, "invalid_grant", UNAVAILABLE),
    ] {
        let kind_of_it = kind_of(&cognito, cognito.client(), Reply::oauth(status, error)).await;
        assert_eq!(kind_of_it, Err(kind), "{status} {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_cognitos_ends_no_session() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let text = |status, body: &str| Reply::Answer {
        status,
        headers: "content-type: text/html\r\n".to_owned(),
        body: body.to_owned(),
    };
    for (reply, kind) in [
        (text(200, "<h1>invalid_grant</h1>"), UNAVAILABLE),
        (text(200, "{}"), UNAVAILABLE),
        (text(200, r#"["invalid_grant"]"#), UNAVAILABLE),
        (text(200, r#"{"error":"invalid_grant"}"#), UNAVAILABLE),
        (text(200, r#"{"access_token":17}"#), UNAVAILABLE),
        (text(200, &"x".repeat(1 << 20)), UNAVAILABLE),
        (text(400, "invalid_grant"), MISCONFIGURED),
        (text(400, r#"["invalid_grant"]"#), MISCONFIGURED),
        (text(400, r#"{"error":"invalid_grant","error":"server_error"}"#), MISCONFIGURED),
        (text(404, "not found"), MISCONFIGURED),
        (text(502, "bad gateway"), UNAVAILABLE),
        (Reply::oauth(302, "moved").with_header("location", "/elsewhere"), MISCONFIGURED),
        (Reply::oauth(307, "moved").with_header("location", "/elsewhere"), MISCONFIGURED),
    ] {
        assert_eq!(kind_of(&cognito, cognito.client(), reply).await, Err(kind));
    }
    assert!(cognito.asked().iter().all(|asked| asked.path == "/oauth2/token"), "no redirect");
}

#[tokio::test]
async fn each_error_of_the_api_has_its_kind() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    for (status, error, kind) in [
        (400, "NotAuthorizedException", ENDED),
        (400, "RefreshTokenReuseException", ENDED),
        (400, "UserNotFoundException", ENDED),
        (400, "UserNotConfirmedException", ENDED),
        (400, "PasswordResetRequiredException", ENDED),
        (400, "ResourceNotFoundException", MISCONFIGURED),
        (400, "InvalidParameterException", MISCONFIGURED),
        (400, "OperationNotEnabledException", MISCONFIGURED),
        (400, "UnauthorizedException", MISCONFIGURED),
        (400, "InvalidUserPoolConfigurationException", MISCONFIGURED),
        (400, "ExceptionOfTomorrow", MISCONFIGURED),
        (404, "UnknownOperationException", MISCONFIGURED),
        (400, "TooManyRequestsException", UNAVAILABLE),
        (429, "TooManyRequestsException", UNAVAILABLE),
        (400, "LimitExceededException", UNAVAILABLE),
        (400, "ForbiddenException", UNAVAILABLE),
        (403, "ForbiddenException", UNAVAILABLE),
        (400, "UserLambdaValidationException", UNAVAILABLE),
        (400, "UnexpectedLambdaException", UNAVAILABLE),
        (400, "InvalidLambdaResponseException", UNAVAILABLE),
        (400, "InternalErrorException", UNAVAILABLE),
        (500, "InternalErrorException", UNAVAILABLE),
        (429, "NotAuthorizedException", UNAVAILABLE),
        (500, "NotAuthorizedException", UNAVAILABLE),
        (503, "NotAuthorizedException", UNAVAILABLE),
    ] {
        let reply = Reply::api(status, error, "Cognito says so");
        let kind_of_it = kind_of(&cognito, cognito.api_client(), reply).await;
        assert_eq!(kind_of_it, Err(kind), "{status} {error}");
    }
}

#[tokio::test]
async fn the_type_of_an_error_is_read_in_each_form_that_aws_has() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let answer = |headers: &str, body: &str| Reply::Answer {
        status: 400,
        headers: headers.to_owned(),
        body: body.to_owned(),
    };
    for reply in [
        answer("", r#"{"__type":"NotAuthorizedException","message":"m"}"#),
        answer("", r#"{"__type":"NotAuthorizedException","Message":"m"}"#),
        answer("", r#"{"__type":"NotAuthorizedException"}"#),
        answer("", r#"{"__type":"com.amazonaws.cognito#NotAuthorizedException"}"#),
        answer("x-amzn-ErrorType: NotAuthorizedException\r\n", ""),
        answer("x-amzn-ErrorType: NotAuthorizedException:http://amazon.com/\r\n", "{}"),
    ] {
        assert_eq!(kind_of(&cognito, cognito.api_client(), reply).await, Err(ENDED));
    }
}

#[tokio::test]
async fn a_message_about_the_client_keeps_the_session_and_one_about_the_token_ends_it() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    for (message, kind) in [
        (
            "Client 1example23456789 is configured for secret but secret was not received",
            MISCONFIGURED,
        ),
        ("SecretHash does not match for the client: 1example23456789", MISCONFIGURED),
        ("Unable to verify secret hash for client 1example23456789", MISCONFIGURED),
        ("Invalid Refresh Token", ENDED),
        ("Refresh Token has been revoked", ENDED),
        ("Refresh Token has expired", ENDED),
        ("User is disabled.", ENDED),
        ("", ENDED),
    ] {
        let reply = Reply::api(400, "NotAuthorizedException", message);
        let kind_of_it = kind_of(&cognito, cognito.api_client(), reply).await;
        assert_eq!(kind_of_it, Err(kind), "{message}");
    }
    // In this direction alone: no message ends a session by itself.
    let reply = Reply::api(400, "InvalidParameterException", "Refresh Token has been revoked");
    assert_eq!(kind_of(&cognito, cognito.api_client(), reply).await, Err(MISCONFIGURED));
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_no_session() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", port.local_addr().expect("an address"));
    drop(port);
    for client in [
        cognito.builder().domain(&url).build().expect("a client"),
        cognito.builder().endpoint(&url).build().expect("a client"),
    ] {
        assert_eq!(client.renew("refresh-token").await.err(), Some(UNAVAILABLE));
    }
}

#[tokio::test]
async fn what_cannot_be_a_refresh_token_is_not_sent() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let long = "x".repeat(16 * 1024 + 1);
    for token in ["", "two words", "line\nbreak", "caf\u{e9}", &long] {
        assert_eq!(cognito.client().renew(token).await.err(), Some(ENDED), "{token:.20}");
        assert_eq!(cognito.client().revoke(token).await, Ok(()));
    }
    // The API has a pattern for it, and would call the rest a wrong parameter.
    for token in ["a/b", "a+b", "<script>"] {
        assert_eq!(cognito.api_client().renew(token).await.err(), Some(ENDED), "{token}");
    }
    assert_eq!(cognito.requests(), 0);
}
