//! The pool's API: what is sent, and what its answers mean.

use axum_cognito::RenewError;
use serde_json::json;

use super::cognito::{Asked, CLIENT, Cognito, Reply, SECRET, api_tokens};

const SERVICE: &str = "AWSCognitoIdentityProviderService";

/// A server that does everything that it is asked for.
async fn willing() -> Cognito {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let (access, id) = (cognito.access_token(), cognito.id_token());
    cognito.set(move |_, asked| match operation(asked) {
        "GetTokensFromRefreshToken" => api_tokens(&access, &id, Some("new")),
        _ => Reply::json(200, &json!({})),
    });
    cognito
}

fn operation(asked: &Asked) -> &str {
    let target = asked.header("x-amz-target").expect("a target");
    target.strip_prefix(SERVICE).and_then(|rest| rest.strip_prefix('.')).expect("the service")
}

#[tokio::test]
async fn a_renewal_is_sent_as_the_service_model_says() {
    let cognito = willing().await;
    let tokens = cognito.api_client().renew("old").await.expect("tokens");
    assert_eq!(tokens.refresh_token(), "new");
    assert_eq!(tokens.access_claims().username(), Some("alice"));
    let asked = &cognito.asked()[0];
    assert_eq!((asked.path.as_str(), operation(asked)), ("/", "GetTokensFromRefreshToken"));
    assert_eq!(asked.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.json(), json!({ "RefreshToken": "old", "ClientId": CLIENT }));
}

#[tokio::test]
async fn a_secret_is_sent_in_clear_as_this_api_wants_it() {
    let cognito = willing().await;
    let client = cognito.builder().secret(SECRET).build().expect("a client");
    client.renew("old").await.expect("tokens");
    client.revoke("other").await.expect("it is revoked");
    let [renewal, revocation] = &cognito.asked()[..] else { panic!("two requests") };
    let expected = json!({ "RefreshToken": "old", "ClientId": CLIENT, "ClientSecret": SECRET });
    assert_eq!(renewal.json(), expected);
    let expected = json!({ "Token": "other", "ClientId": CLIENT, "ClientSecret": SECRET });
    assert_eq!((operation(revocation), revocation.json()), ("RevokeToken", expected));
}

#[tokio::test]
async fn a_revocation_of_what_is_revoked_already_is_fine_and_of_a_wrong_client_is_not() {
    let cognito = willing().await;
    for (error, expected) in [
        ("NotAuthorizedException", Ok(())),
        ("UnauthorizedException", Err(RenewError::Misconfigured)),
        ("UnsupportedOperationException", Err(RenewError::Misconfigured)),
        ("UnsupportedTokenTypeException", Err(RenewError::Misconfigured)),
    ] {
        cognito.set(move |_, _| Reply::api(400, error, "Cognito says so"));
        assert_eq!(cognito.api_client().revoke("token").await, expected, "{error}");
    }
    cognito.set(|_, _| Reply::oauth(503, "unavailable"));
    let error = cognito.api_client().revoke("token").await.expect_err("an outage");
    assert!(matches!(error, RenewError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn the_user_of_an_access_token_is_signed_out_everywhere() {
    let cognito = willing().await;
    let (client, token) = (cognito.client(), cognito.access_token());
    client.sign_out_everywhere(&token).await.expect("signed out");
    let asked = &cognito.asked()[0];
    assert_eq!(
        (operation(asked), asked.json()),
        ("GlobalSignOut", json!({ "AccessToken": token }))
    );
    cognito.set(|_, _| Reply::api(400, "NotAuthorizedException", "Access Token has been revoked"));
    assert_eq!(client.sign_out_everywhere(&token).await, Err(RenewError::Ended));
}

#[tokio::test]
async fn a_sign_in_stands_until_cognito_says_that_its_token_is_revoked() {
    let cognito = willing().await;
    let (client, token) = (cognito.client(), cognito.access_token());
    assert_eq!(client.is_signed_in(&token).await, Ok(true));
    let asked = &cognito.asked()[0];
    assert_eq!((operation(asked), asked.json()), ("GetUser", json!({ "AccessToken": token })));
    for error in ["NotAuthorizedException", "UserNotFoundException"] {
        cognito.set(move |_, _| Reply::api(400, error, "Cognito says so"));
        assert_eq!(client.is_signed_in(&token).await, Ok(false), "{error}");
    }
    for error in ["TooManyRequestsException", "InternalErrorException"] {
        cognito.set(move |_, _| Reply::api(400, error, "Cognito says so"));
        let error = client.is_signed_in(&token).await.expect_err("nothing is known");
        assert!(matches!(error, RenewError::Unavailable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_this_clients_or_has_expired_is_not_sent() {
    let cognito = willing().await;
    let client = cognito.client();
    let token = |name| cognito.pool.access_token(name).client_id(CLIENT);
    for wrong in [
        token("alice").expired().sign(),
        token("alice").client_id("another-client").sign(),
        cognito.id_token(),
        "garbage".to_owned(),
    ] {
        assert_eq!(client.is_signed_in(&wrong).await, Ok(false));
        assert_eq!(client.sign_out_everywhere(&wrong).await, Err(RenewError::Ended));
    }
    assert_eq!(cognito.requests(), 0);
}

#[tokio::test]
async fn a_token_without_the_scope_does_not_look_signed_out() {
    let cognito = willing().await;
    let token = cognito.pool.access_token("alice").client_id(CLIENT).scope("openid email").sign();
    let client = cognito.client();
    assert_eq!(client.is_signed_in(&token).await, Err(RenewError::Misconfigured));
    assert_eq!(client.sign_out_everywhere(&token).await, Err(RenewError::Misconfigured));
    assert_eq!(cognito.requests(), 0);
}
