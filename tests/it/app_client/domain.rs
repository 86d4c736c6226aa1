//! Renewals at the token endpoint of a user pool's domain.

use axum_cognito::RenewError;

use super::cognito::{CLIENT, Cognito, Reply, SECRET, tokens};

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
    // `web-client:s3cr3t0fTheWebClient`, in base64.
    let expected = "Basic d2ViLWNsaWVudDpzM2NyM3QwZlRoZVdlYkNsaWVudA==";
    assert_eq!(asked.header("authorization"), Some(expected));
    assert!(!asked.body.contains(SECRET), "the secret is in the header alone");
}

#[tokio::test]
async fn a_revoked_token_ends_the_session_and_a_wrong_secret_does_not() {
    let cognito = Cognito::start(|_, _| Reply::oauth(400, "invalid_grant")).await;
    assert_eq!(cognito.client().renew("revoked").await.err(), Some(RenewError::Ended));
    cognito.set(|_, _| Reply::oauth(401, "invalid_client"));
    assert_eq!(cognito.client().renew("good").await.err(), Some(RenewError::Misconfigured));
}
