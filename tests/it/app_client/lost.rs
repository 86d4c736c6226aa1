//! Lost connections, and answers that take too long.

use std::time::Duration;

use axum_cognito::RenewError;

use super::cognito::{Cognito, Reply, tokens};

#[tokio::test]
async fn a_lost_answer_is_asked_for_once_more() {
    for lost in [Reply::Lost, Reply::BreaksOff] {
        let cognito = Cognito::start(|_, _| Reply::Lost).await;
        let (access, id) = (cognito.access_token(), cognito.id_token());
        cognito.set(move |number, _| match number {
            0 => lost.clone(),
            _ => tokens(&access, &id, Some("new")),
        });
        let tokens = cognito.client().renew("old").await.expect("tokens, the second time");
        assert_eq!(tokens.refresh_token(), "new");
        assert_eq!(cognito.requests(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_twice_ends_no_session() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let error = cognito.client().renew("old").await.expect_err("no answer");
    assert!(matches!(error, RenewError::Unavailable { .. }), "{error:?}");
    assert_eq!(cognito.requests(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_asked_for_twice() {
    for status in [400, 429, 500, 503] {
        let cognito = Cognito::start(move |_, _| Reply::oauth(status, "error")).await;
        cognito.client().renew("old").await.expect_err("a refusal");
        assert_eq!(cognito.requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends_no_session() {
    let cognito = Cognito::start(|_, _| Reply::Silence).await;
    let client = cognito.builder().domain(&cognito.url);
    let client = client.request_timeout(Duration::from_millis(50)).build().expect("a client");
    let error = client.renew("old").await.expect_err("no answer");
    assert!(matches!(error, RenewError::Unavailable { .. }), "{error:?}");
    assert_eq!(cognito.requests(), 1);
}
