//! Tokens and secrets stand in no log, no `Debug` and no error.

use std::time::Duration;

use axum_cognito::AppClient;
use serde_json::json;

use super::cognito::{Cognito, Reply, SECRET, api_tokens, tokens};
use crate::common::log::Log;

const OLD: &str = "the-old-refresh-token";
const NEW: &str = "the-new-refresh-token";

/// What must be seen nowhere.
fn secrets(cognito: &Cognito) -> Vec<String> {
    let (access, id) = (cognito.access_token(), cognito.id_token());
    let parts = [access, id]
        .into_iter()
        .flat_map(|token| token.split('.').map(str::to_owned).collect::<Vec<_>>());
    // The header of a token is the same for all.
    let parts = parts.filter(|part| !part.starts_with("eyJhbGci") && !part.starts_with("eyJraWQi"));
    parts
        .chain(
            [OLD, NEW, SECRET, "d2ViLWNsaWVudDpz", "the-code", "the-verifier"].map(str::to_owned),
        )
        .collect()
}

async fn clients(cognito: &Cognito) -> [AppClient; 2] {
    let builder = || cognito.builder().secret(SECRET).request_timeout(Duration::from_millis(500));
    [builder().domain(&cognito.url), builder()].map(|builder| builder.build().expect("a client"))
}

#[tokio::test]
async fn no_log_no_debug_and_no_error_shows_a_token_or_a_secret() {
    let (log, guard) = Log::start();
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let (access, id) = (cognito.access_token(), cognito.id_token());
    let mut seen = String::new();
    // As InvalidParameterException does: its message repeats what it was sent.
    let echo = format!("Value '{OLD}' at 'refreshToken' for {SECRET} failed: {access}");
    let forged = access.replace('.', ".A");
    let replies = [
        Reply::Lost,
        Reply::BreaksOff,
        Reply::Silence,
        Reply::oauth(400, "invalid_grant"),
        Reply::oauth(401, "invalid_client"),
        Reply::oauth(400, &format!("{OLD} {SECRET} {access}")),
        Reply::json(400, &json!({ "error": "invalid_request", "error_description": echo })),
        Reply::api(400, "InvalidParameterException", &echo),
        Reply::api(400, "NotAuthorizedException", &echo),
        Reply::api(429, "TooManyRequestsException", &echo),
        Reply::oauth(302, "moved").with_header("location", &format!("/?token={OLD}")),
        Reply::json(200, &json!({ "access_token": access, "id_token": 17, "refresh_token": NEW })),
        tokens(&forged, &id, Some(NEW)),
        api_tokens(&forged, &id, Some(NEW)),
        tokens(&access, &id, Some(NEW)),
        api_tokens(&access, &id, Some(NEW)),
    ];
    for reply in replies {
        cognito.set(move |_, _| reply.clone());
        for client in clients(&cognito).await {
            let renewed = client.renew(OLD).await;
            if let Err(error) = &renewed {
                seen += &error.to_string();
            }
            let exchanged =
                client.exchange_code("the-code", "https://app/cb", "the-verifier").await;
            let revoked = client.revoke(OLD).await;
            let asked = client.is_signed_in(&access).await;
            seen += &format!("{client:?} {renewed:?} {exchanged:?} {revoked:?} {asked:?}");
        }
    }
    seen += &format!("{:?}", cognito.builder().secrets([SECRET, NEW]).domain(&cognito.url));
    drop(guard);
    let log = log.text();
    assert!(log.contains("Cognito refuses the app client"), "{log}");
    for secret in secrets(&cognito) {
        assert!(!seen.contains(&secret), "{secret} was seen");
        // reqwest and hyper log too, and they may not either.
        assert!(!log.contains(&secret), "{secret} was logged");
    }
}
