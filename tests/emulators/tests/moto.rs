//! Tokens of moto.

use axum_cognito::RenewError;
use emulators::Pool;

emulators::test_signer!(emulators::MOTO, an_unverified_email_is_read_in_the_handler);

#[tokio::test]
async fn an_app_client_looks_a_sign_in_up_and_ends_it_everywhere() {
    let pool = Pool::create(emulator()).await;
    let tokens = pool.sign_in().await;
    let app_client = emulator().app_client(&pool, &pool.client).build();
    let app_client = app_client.expect("settings that can be");
    assert_eq!(app_client.is_signed_in(&tokens.access).await, Ok(true));
    app_client.sign_out_everywhere(&tokens.access).await.expect("signed out");
    assert_eq!(app_client.is_signed_in(&tokens.access).await, Ok(false));
    // It has no GetTokensFromRefreshToken, which is no reason to end a session.
    let renewed = app_client.renew(&tokens.refresh).await;
    assert!(matches!(renewed, Err(RenewError::Unavailable { .. })), "{renewed:?}");
}
