//! Tokens of cognito-local, and its page for signing in by a code.

use axum_cognito::RenewError;
use emulators::{Pool, hosted_page};
use serde_json::json;

emulators::test_signer!(emulators::COGNITO_LOCAL, an_expired_token_is_refused);

#[tokio::test]
async fn an_app_client_signs_in_by_a_code_and_renews_until_its_token_is_revoked() {
    let pool = Pool::create(emulator()).await;
    let settings = json!({
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["openid", "email"],
        "CallbackURLs": [hosted_page::CALLBACK],
    });
    let client = pool.create_client(settings).await;
    let client = client["ClientId"].as_str().expect("a client has an id");
    let build = |domain: bool| {
        let builder = emulator().app_client(&pool, client);
        let builder = if domain { builder.domain(emulator().domain()) } else { builder };
        builder.build().expect("settings that can be")
    };
    let at_domain = build(true);
    let code = hosted_page::code(emulator(), client, "openid email", "n-1").await;
    let first = at_domain.exchange_code(&code, hosted_page::CALLBACK, hosted_page::VERIFIER).await;
    let first = first.expect("tokens");
    assert_eq!(first.id_claims().expect("an ID token").nonce(), None, "cognito-local drops it");
    let again = at_domain.exchange_code(&code, hosted_page::CALLBACK, hosted_page::VERIFIER).await;
    assert_eq!(again.err(), Some(RenewError::Ended), "a code works once");
    let second = at_domain.renew(first.refresh_token()).await.expect("tokens");
    assert_eq!(second.access_claims().sub(), first.access_claims().sub());
    // Its API revokes, and has no GetTokensFromRefreshToken, which is no reason to end a session.
    let at_api = build(false);
    let renewed = at_api.renew(first.refresh_token()).await;
    assert!(matches!(renewed, Err(RenewError::Unavailable { .. })), "{renewed:?}");
    at_api.revoke(first.refresh_token()).await.expect("it is revoked");
    at_api.revoke(first.refresh_token()).await.expect("it is revoked already");
    assert_eq!(build(true).renew(first.refresh_token()).await.err(), Some(RenewError::Ended));
}
