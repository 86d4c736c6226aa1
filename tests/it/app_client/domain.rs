//! The endpoints of a user pool's domain: what is sent, and what is done with several secrets.

use axum_cognito::RenewError;
use serde_json::json;

use super::cognito::{CLIENT, Cognito, Reply, SECRET, tokens};

/// `web-client:s3cr3t0fTheWebClient`, in base64.
const BASIC: &str = "Basic d2ViLWNsaWVudDpzM2NyM3QwZlRoZVdlYkNsaWVudA==";

/// A server that answers every renewal with good tokens, and this refresh token.
async fn renewing(refresh: Option<&'static str>) -> Cognito {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let (access, id) = (cognito.access_token(), cognito.id_token());
    cognito.set(move |_, _| tokens(&access, &id, refresh));
    cognito
}

#[tokio::test]
async fn a_public_client_names_itself_in_the_form() {
    let cognito = renewing(None).await;
    let tokens = cognito.client().renew("old+refresh/token=").await.expect("tokens");
    assert_eq!(tokens.refresh_token(), "old+refresh/token=", "none came, so the old one stays");
    assert!(!tokens.is_rotated());
    assert_eq!(tokens.access_claims().sub(), tokens.id_claims().expect("an ID token").sub());
    assert_eq!(tokens.expires_at(), tokens.access_claims().expires_at());
    let asked = cognito.asked();
    let [asked] = asked.as_slice() else { panic!("{} requests", asked.len()) };
    assert_eq!(asked.path, "/oauth2/token");
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.field("grant_type"), Some("refresh_token"));
    assert_eq!(asked.field("client_id"), Some(CLIENT));
    assert_eq!(asked.field("refresh_token"), Some("old%2Brefresh%2Ftoken%3D"));
}

#[tokio::test]
async fn a_client_with_a_secret_proves_it_by_http_basic() {
    let cognito = renewing(Some("new-refresh-token")).await;
    let client = cognito.builder().domain(&cognito.url).secret(SECRET).build().expect("a client");
    let tokens = client.renew("old-refresh-token").await.expect("tokens");
    assert_eq!(tokens.refresh_token(), "new-refresh-token");
    assert!(tokens.is_rotated());
    let asked = &cognito.asked()[0];
    assert_eq!(asked.header("authorization"), Some(BASIC));
    assert!(!asked.body.contains(SECRET), "the secret is in the header alone");
}

#[tokio::test]
async fn while_a_secret_is_changed_the_one_that_works_is_found_and_kept() {
    let cognito = renewing(None).await;
    let (access, id) = (cognito.access_token(), cognito.id_token());
    cognito.set(move |_, asked| match asked.header("authorization") {
        Some(BASIC) => tokens(&access, &id, None),
        _ => Reply::oauth(401, "invalid_client"),
    });
    let client = cognito.builder().domain(&cognito.url).secrets(["new", SECRET]);
    let client = client.build().expect("a client");
    client.renew("one").await.expect("tokens by the old secret");
    assert_eq!(cognito.requests(), 2);
    client.renew("two").await.expect("tokens by the old secret");
    assert_eq!(cognito.requests(), 3, "the secret that worked comes first");
    cognito.set(|_, _| Reply::oauth(401, "invalid_client"));
    assert_eq!(client.renew("three").await.err(), Some(RenewError::Misconfigured));
    assert_eq!(cognito.requests(), 5, "each secret was tried once");
}

#[tokio::test]
async fn only_a_refused_secret_makes_another_one_follow() {
    let cognito = Cognito::start(|_, _| Reply::oauth(400, "invalid_grant")).await;
    let secrets = || cognito.builder().domain(&cognito.url).secrets(["new", "old"]);
    assert_eq!(
        secrets().build().expect("a client").renew("a").await.err(),
        Some(RenewError::Ended)
    );
    cognito.set(|_, _| Reply::oauth(500, "server_error"));
    secrets().build().expect("a client").renew("a").await.expect_err("an outage");
    assert_eq!(cognito.requests(), 2);
}

#[tokio::test]
async fn a_refresh_token_is_revoked_at_its_own_endpoint() {
    let cognito = Cognito::start(|_, _| Reply::json(200, &json!({}))).await;
    let client = cognito.builder().domain(&cognito.url).secret(SECRET).build().expect("a client");
    client.revoke("refresh-token").await.expect("it is revoked");
    let asked = &cognito.asked()[0];
    assert_eq!(asked.path, "/oauth2/revoke");
    assert_eq!(asked.field("token"), Some("refresh-token"));
    assert_eq!(asked.header("authorization"), Some(BASIC));
    cognito.set(|_, _| Reply::oauth(400, "unsupported_token_type"));
    assert_eq!(client.revoke("refresh-token").await, Err(RenewError::Misconfigured));
}

#[tokio::test]
async fn an_authorization_code_is_exchanged_once_for_verified_tokens() {
    let cognito = renewing(Some("first")).await;
    let client = cognito.client();
    let exchange = async || client.exchange_code("code", "https://app/cb?a=b", "verifier").await;
    let tokens = exchange().await.expect("tokens");
    assert_eq!(tokens.refresh_token(), "first");
    let asked = &cognito.asked()[0];
    assert_eq!(asked.path, "/oauth2/token");
    assert_eq!(asked.field("grant_type"), Some("authorization_code"));
    assert_eq!(asked.field("code"), Some("code"));
    assert_eq!(asked.field("redirect_uri"), Some("https%3A%2F%2Fapp%2Fcb%3Fa%3Db"));
    assert_eq!(asked.field("code_verifier"), Some("verifier"));
    assert_eq!(asked.field("client_id"), Some(CLIENT));
    cognito.set(|_, _| Reply::oauth(400, "invalid_grant"));
    assert_eq!(exchange().await.err(), Some(RenewError::Ended));
    // It may have been spent, so it is not sent again.
    let before = cognito.requests();
    cognito.set(|_, _| Reply::Lost);
    let error = exchange().await.expect_err("a lost answer");
    assert!(matches!(error, RenewError::Unavailable { .. }), "{error:?}");
    assert_eq!(cognito.requests(), before + 1);
}

#[tokio::test]
async fn a_code_without_a_refresh_token_or_a_domain_is_a_fault_of_the_settings() {
    let cognito = renewing(None).await;
    let exchange = cognito.client().exchange_code("code", "https://app/cb", "verifier").await;
    assert_eq!(exchange.err(), Some(RenewError::Misconfigured));
    let exchange = cognito.api_client().exchange_code("code", "https://app/cb", "verifier").await;
    assert_eq!(exchange.err(), Some(RenewError::Misconfigured));
    assert_eq!(cognito.requests(), 1);
}

#[tokio::test]
async fn the_pages_of_the_domain_are_named_with_their_parameters_encoded() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let client = cognito.builder().domain("https://auth.example.com/").build().expect("a client");
    assert_eq!(client.domain(), Some("https://auth.example.com"));
    assert_eq!(
        client.authorize_url(&[("scope", "openid email"), ("state", "a&b=c")]).as_deref(),
        Some(
            "https://auth.example.com/oauth2/authorize?response_type=code&client_id=web-client&\
             scope=openid+email&state=a%26b%3Dc"
        )
    );
    assert_eq!(
        client.logout_url("https://app.example.com/?a=b").as_deref(),
        Some(
            "https://auth.example.com/logout?client_id=web-client&\
             logout_uri=https%3A%2F%2Fapp.example.com%2F%3Fa%3Db"
        )
    );
    let without = cognito.api_client();
    assert_eq!(
        (without.domain(), without.authorize_url(&[]), without.logout_url("x")),
        (None, None, None)
    );
}
