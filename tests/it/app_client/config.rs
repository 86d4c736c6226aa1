//! Settings of an app client that cannot be right.

use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{AppClient, AppClientBuilder, ConfigError, JwksCache, UserPool};

fn builder() -> AppClientBuilder {
    AppClient::builder(UserPool::new("us-east-1_AbCdEfGhI").expect("an id"), "web-client")
}

fn error(builder: AppClientBuilder) -> ConfigError {
    builder.build().expect_err("settings that cannot be right")
}

#[test]
fn a_pool_is_taken_in_each_of_its_forms() {
    let pool = UserPool::new("us-east-1_AbCdEfGhI").expect("an id");
    let keys = JwksCache::new(pool.clone()).expect("a cache");
    let test_pool = TestPool::offline();
    for builder in [
        AppClient::builder(&pool, "web-client"),
        AppClient::builder(pool, "web-client"),
        AppClient::builder(&keys, "web-client"),
        AppClient::builder(keys, String::from("web-client")),
        AppClient::builder(&test_pool, "web-client"),
    ] {
        assert_eq!(builder.build().expect("a client").client_id(), "web-client");
    }
}

#[test]
fn a_url_is_https_or_http_to_this_machine() {
    for url in ["http://auth.example.com", "http://10.0.0.1:4566", "http://localhost.example.com"] {
        let expected = ConfigError::InsecureEndpoint { url: url.to_owned() };
        assert_eq!(error(builder().domain(url)), expected);
        assert_eq!(error(builder().endpoint(url)), expected);
        assert!(expected.to_string().contains("danger_allow_http"), "{expected}");
        builder().domain(url).endpoint(url).danger_allow_http().build().expect("it was said");
    }
    for url in ["https://auth.example.com", "http://localhost:9229", "http://127.0.0.1:4566/"] {
        builder().domain(url).endpoint(url).build().expect("a safe URL");
    }
}

#[test]
fn a_url_that_is_none_is_refused() {
    for url in ["", "auth.example.com", "https://", "ftp://auth.example.com", "https://a b"] {
        for wrong in [builder().domain(url), builder().endpoint(url)] {
            let error = error(wrong.danger_allow_http());
            assert!(matches!(error, ConfigError::Url { .. }), "{url}: {error:?}");
        }
    }
    for url in ["https://user:word@auth.example.com", "https://auth.example.com?a=b"] {
        let error = error(builder().domain(url));
        assert!(matches!(error, ConfigError::Url { .. }), "{url}: {error:?}");
    }
}

#[test]
fn a_client_id_that_cannot_be_one_is_refused() {
    let pool = TestPool::offline();
    for id in ["", "two words", "a,b"] {
        let expected = ConfigError::ClientId { client_id: id.to_owned() };
        assert_eq!(error(AppClient::builder(&pool, id)), expected);
    }
}

#[test]
fn a_secret_that_cannot_be_one_is_refused_and_not_shown() {
    for secret in ["", "two words", "line\n", "caf\u{e9}"] {
        let error = error(builder().secret(secret));
        assert_eq!(error, ConfigError::ClientSecret);
        assert!(secret.is_empty() || !format!("{error} {error:?}").contains(secret));
    }
    assert_eq!(error(builder().secrets(["good", ""])), ConfigError::ClientSecret);
}

#[test]
fn keys_of_another_pool_are_refused() {
    let (own, other) = (TestPool::offline(), TestPool::offline());
    let error = error(AppClient::builder(&own, "web-client").keys(&other.keys()));
    let text = error.to_string();
    assert!(text.contains(own.user_pool().id()) && text.contains(other.user_pool().id()), "{text}");
}

#[test]
fn a_limit_is_1_to_1000_and_a_timeout_is_longer_than_zero() {
    for limit in [0, 1001, u32::MAX] {
        let expected = ConfigError::RenewalRate { value: limit };
        assert_eq!(error(builder().max_renewals_per_second(limit)), expected);
    }
    for limit in [1, 1000] {
        builder().max_renewals_per_second(limit).build().expect("a limit that can be");
    }
    let text = error(builder().request_timeout(Duration::ZERO)).to_string();
    assert!(text.contains("request_timeout"), "{text}");
    builder().request_timeout(Duration::MAX).build().expect("as long as it may be");
}
