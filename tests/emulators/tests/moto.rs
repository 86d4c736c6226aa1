//! Tokens of moto.

emulators::test_signer!(emulators::MOTO, an_unverified_email_is_read_in_the_handler);
