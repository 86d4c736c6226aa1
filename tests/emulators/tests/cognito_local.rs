//! Tokens of cognito-local.

emulators::test_signer!(emulators::COGNITO_LOCAL, an_expired_token_is_refused);
