//! Settings of a sign-in that cannot be right.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{AppClient, CognitoVerifier, ConfigError, SignIn, SignInBuilder};

fn builder(address: &str) -> SignInBuilder {
    let pool = TestPool::offline();
    let client = AppClient::builder(&pool, "web-client").domain("https://auth.example.com").build();
    SignIn::builder(pool.verifier("web-client"), client.expect("a client"), address)
}

fn error(builder: SignInBuilder) -> String {
    builder.build().expect_err("a wrong setting").to_string()
}

#[test]
fn an_address_is_https_or_a_loopback_host() {
    for address in
        ["https://app.example.com", "http://127.0.0.1:3000", "http://localhost:3000/shop"]
    {
        assert!(builder(address).build().is_ok(), "{address}");
    }
    for address in
        ["http://app.example.com", "app.example.com", "", "https://a.example/?a", "https://a b"]
    {
        let error = error(builder(address));
        assert!(error.contains("the address of an application"), "{error}");
    }
}

#[test]
fn a_sign_in_asks_for_openid() {
    let address = "https://app.example.com";
    assert_eq!(builder(address).scopes(["email"]).build().err(), Some(ConfigError::NoOpenIdScope));
    assert!(error(builder(address).scopes(["openid", "two words"])).contains("`two words`"));
    assert!(error(builder(address).scopes(["openid", ""])).contains("is not a scope"));
}

#[test]
fn durations_are_longer_than_zero() {
    let address = "https://app.example.com";
    assert!(error(builder(address).idle(Duration::ZERO)).contains("`idle`"));
    assert!(error(builder(address).max_age(Duration::ZERO)).contains("`max_age`"));
    assert!(builder(address).idle(Duration::MAX).max_age(Duration::MAX).build().is_ok());
}

#[test]
fn a_path_is_one() {
    let address = "https://app.example.com";
    for path in ["", "/", "auth", "/auth/", "/a//b", "/../auth", "/{id}", "/:id", "/a b", "/*"] {
        assert!(error(builder(address).path(path)).contains("is not a path"), "{path}");
    }
    let sign_in = builder(address).path("/account/login").build().expect("a path");
    assert_eq!(sign_in.callback_url(), "https://app.example.com/account/login/callback");
}

#[test]
fn an_app_client_has_a_domain_and_the_verifiers_trust() {
    let pool = TestPool::offline();
    let client = || AppClient::builder(&pool, "web-client");
    let address = "https://app.example.com";
    let without = client().build().expect("a client");
    let sign_in = SignIn::builder(pool.verifier("web-client"), without, address);
    assert_eq!(sign_in.build().err(), Some(ConfigError::NoDomain));
    let with = client().domain("https://auth.example.com").build().expect("a client");
    let sign_in = SignIn::builder(pool.verifier("another"), with, address).build();
    let expected = ConfigError::ClientNotTrusted { client_id: "web-client".to_owned() };
    assert_eq!(sign_in.err(), Some(expected));
    let any = CognitoVerifier::builder().trust(&pool, axum_cognito::ClientIds::any()).build();
    let with = client().domain("https://auth.example.com").build().expect("a client");
    assert!(SignIn::builder(any.expect("a verifier"), with, address).build().is_ok());
}
