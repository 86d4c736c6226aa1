//! Settings that cannot be right: each is refused when it is made, by a message that names the value
//! and says what would be right.

mod from_env;
mod layer;
mod pool;

use std::sync::LazyLock;
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{
    ClientIds, CognitoVerifier, CognitoVerifierBuilder, ConfigError, JwksCache, JwksCacheBuilder,
    TokenUse, UserPool,
};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const POOL_ID: &str = "us-east-1_AbCdEfGhI";

fn pool() -> UserPool {
    UserPool::new(POOL_ID).expect("a pool id")
}

fn trusting(clients: impl Into<ClientIds>) -> Result<CognitoVerifier, ConfigError> {
    CognitoVerifier::builder().trust(pool(), clients).build()
}

/// Expects that the message names this value, in the quotes of a message, and says this.
fn assert_says<T>(result: Result<T, ConfigError>, value: &str, right: &str) {
    let Err(error) = result else { panic!("accepted: {value:?}") };
    let message = error.to_string();
    assert!(message.contains(&format!("`{value}`")) && message.contains(right), "{message}");
}

#[test]
fn a_pool_id_of_another_shape_is_refused() {
    for id in [
        "",
        "_",
        "us-east-1",
        "us-east-1_",
        "_AbCdEfGhI",
        "AbCdEfGhI",
        "us-east_AbCdEfGhI",
        "us-1_AbCdEfGhI",
        "US-EAST-1_AbCdEfGhI",
        "us-east-1_AbC-dEf",
        "us-east-1_AbC_dEf",
        "us-east-1_AbC/../dEf",
        "us-east-1_AbC.evil.example#",
        "us-east-1.evil.example/_AbC",
        "us-east-1_AbC ",
        " us-east-1_AbC",
        "us-east-1_AbC\n",
        "us-east-1_AbC\u{e9}",
        "us-east-\u{664}_AbC",
        "us--east-1_AbC",
        "us-east-1-_AbC",
        "locals_AbC",
    ] {
        assert_says(UserPool::new(id), id, "like `us-east-1_AbCdEfGhI`");
        assert_says(id.parse::<UserPool>(), id, "like `us-east-1_AbCdEfGhI`");
    }
}

#[test]
fn a_pool_id_is_55_characters_long_at_most() {
    let id = |length: usize| format!("us-east-1_{}", "a".repeat(length - 10));
    assert!(UserPool::new(&id(55)).is_ok());
    assert_says(UserPool::new(&id(56)), &id(56), "55 characters at most");
}

#[test]
fn a_pool_id_of_every_partition_and_of_an_emulator_is_taken() {
    for region in ["us-gov-west-1", "eusc-de-east-1", "ap-southeast-7", "cn-north-1", "local"] {
        let pool = UserPool::new(&format!("{region}_AbC")).expect("a pool id");
        assert_eq!(pool.region(), region);
    }
}

#[test]
fn an_address_that_is_no_url_is_refused() {
    for url in ["", "issuer", "//host/path", "/path", "host/path", "https:", "https://", "a b"] {
        assert_says(pool().with_issuer(url), url, "`https://");
        assert_says(pool().with_jwks_url(url), url, "`https://");
    }
}

#[test]
fn an_address_of_another_scheme_is_refused() {
    for url in ["ftp://host/path", "file://host/path", "ws://127.0.0.1/path"] {
        assert_says(pool().with_issuer(url), url, "its scheme should be https");
        assert_says(pool().with_jwks_url(url), url, "its scheme should be https");
    }
}

#[test]
fn an_address_with_a_query_a_fragment_or_a_password_is_refused() {
    for url in ["https://host/p?q=1", "https://host/p#f", "https://u:p@host/p", "https://u@host/"] {
        assert_says(pool().with_issuer(url), url, "no query, fragment or password");
        assert_says(pool().with_jwks_url(url), url, "no query, fragment or password");
    }
}

#[test]
fn an_http_address_of_another_host_is_refused() {
    for url in [
        "http://example.com/p",
        "HTTP://example.com/p",
        "http://localhost.example.com/p",
        "http://127.0.0.1.example.com/p",
        "http://127.0.0.1example.com/p",
        "http://10.0.0.1/p",
        "http://0.0.0.0/p",
        "http://[::]/p",
        "http://[2001:db8::1]/p",
    ] {
        assert_says(pool().with_issuer(url), url, "use https, a loopback host");
        assert_says(pool().with_jwks_url(url), url, "`danger_allow_http()` before this call");
    }
}

#[test]
fn an_http_address_of_this_machine_is_taken() {
    for url in
        ["http://localhost:1/p", "http://127.0.0.1/p", "http://127.9.9.9/p", "http://[::1]/p"]
    {
        assert!(pool().with_issuer(url).is_ok(), "{url}");
        assert!(pool().with_jwks_url(url).is_ok(), "{url}");
    }
}

#[test]
fn an_http_address_of_another_host_is_taken_at_the_programs_own_risk() {
    let url = "http://cognito.internal:9229/local_x";
    let pool = pool().danger_allow_http().with_issuer(url).expect("allowed");
    assert_eq!(pool.issuers(), [url]);
}

#[test]
fn a_pool_is_trusted_with_one_client_at_least() {
    assert_says(trusting(Vec::<String>::new()), POOL_ID, "`ClientIds::any()`");
    assert_says(
        trusting(ClientIds::from_iter::<[String; 0]>([])),
        POOL_ID,
        "name at least one app client",
    );
}

#[test]
fn a_client_id_of_another_shape_is_refused() {
    let long = "a".repeat(129);
    for id in ["", " ", "a b", "a,b", "a\n", "\0", "caf\u{e9}", &long] {
        assert_says(trusting(id), id, "1 to 128 letters, digits or signs");
        assert_says(trusting(["good", id]), id, "1 to 128 letters, digits or signs");
    }
    assert!(trusting("a".repeat(128)).is_ok());
}

#[test]
fn a_client_id_is_named_once() {
    assert_says(trusting(["one", "two", "one"]), "one", "name it once");
    assert!(trusting(["one", "ONE"]).is_ok());
}

#[test]
fn a_wrong_client_id_is_refused_by_the_shortest_constructor_too() {
    assert_says(CognitoVerifier::new(POOL_ID, ""), "", "app client id");
    assert_says(CognitoVerifier::new("x", "client"), "x", "user pool id");
}

#[test]
fn a_verifier_trusts_one_pool_at_least() {
    assert_says(CognitoVerifier::builder().build(), "trust(pool, client_ids)", "at least once");
}

#[test]
fn a_pool_is_trusted_once() {
    let issuer = &pool().issuers()[0].clone();
    let keys = JwksCache::new(pool()).expect("settings that can be");
    let twice = CognitoVerifier::builder().trust(pool(), "one");
    assert_says(twice.trust(pool(), "two").build(), issuer, "trust a pool once");
    let twice = CognitoVerifier::builder().trust(&keys, "one");
    assert_says(twice.trust(keys, "two").build(), issuer, "trust a pool once");
}

#[test]
fn two_pools_with_the_same_issuer_are_refused() {
    let other = UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool id");
    let other = other.with_issuer(&pool().issuers()[1]).expect("an issuer");
    let verifier = CognitoVerifier::builder().trust(pool(), "one").trust(other, "two").build();
    assert_says(verifier, &pool().issuers()[1], "trust a pool once");
}

#[test]
fn an_empty_audience_is_refused() {
    for audience in ["", " "] {
        let builder = CognitoVerifier::builder().trust(pool(), "client").audience(audience);
        assert_says(builder.build(), audience, "the URL of the resource server");
    }
}

#[test]
fn an_empty_list_of_audiences_is_refused() {
    let builder = CognitoVerifier::builder().trust(pool(), "client").audiences::<[&str; 0]>([]);
    assert_says(builder.build(), "audiences", "at least one");
    let builder = CognitoVerifier::builder().trust(pool(), "client").audiences(["https://a", ""]);
    assert_says(builder.build(), "", "the URL of the resource server");
}

#[test]
fn an_audience_of_id_tokens_is_refused() {
    for token_use in [TokenUse::Id, TokenUse::Any] {
        let builder = || CognitoVerifier::builder().trust(pool(), "client");
        let before = builder().audience("https://a").token_use(token_use);
        assert_says(before.build(), "aud", "accept access tokens alone");
        let behind = builder().token_use(token_use).audiences(["https://a"]);
        assert_says(behind.build(), "aud", "accept access tokens alone");
        assert!(builder().token_use(token_use).build().is_ok());
    }
}

#[test]
fn a_longest_age_of_zero_is_refused() {
    let builder = CognitoVerifier::builder().trust(pool(), "client");
    let error = builder.max_token_age(Duration::ZERO).build().map_err(|error| error.to_string());
    let expected = "`max_token_age` cannot be 0ns: it should be longer than zero";
    assert_eq!(error.err().as_deref(), Some(expected));
}

#[test]
fn a_duration_of_zero_is_refused_by_the_name_of_its_setting() {
    type Setter = fn(JwksCacheBuilder, Duration) -> JwksCacheBuilder;
    let settings: [(&str, Setter); 4] = [
        ("refresh_after", JwksCacheBuilder::refresh_after),
        ("max_stale", JwksCacheBuilder::max_stale),
        ("request_timeout", JwksCacheBuilder::request_timeout),
        ("max_wait", JwksCacheBuilder::max_wait),
    ];
    for (name, set) in settings {
        let set = |value| set(JwksCache::builder(pool()), value).build();
        assert_says(set(Duration::ZERO), name, "cannot be 0ns: it should be longer than zero");
    }
    for value in [Duration::from_nanos(1), Duration::MAX] {
        let builder = JwksCache::builder(pool()).refresh_after(value).max_stale(value);
        assert!(builder.request_timeout(value).max_wait(value).build().is_ok(), "{value:?}");
    }
}

#[test]
fn keys_that_expire_before_they_are_due_for_a_refresh_are_refused() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let built = JwksCache::builder(pool()).max_stale(minutes(4)).build();
    assert_says(built, "max_stale", "should be at least `refresh_after`");
    let built = JwksCache::builder(pool()).refresh_after(minutes(60 * 25)).build();
    assert_says(built, "max_stale", "should be at least `refresh_after`");
    let builder = JwksCache::builder(pool()).refresh_after(minutes(5)).max_stale(minutes(5));
    assert!(builder.build().is_ok());
}

#[test]
fn keys_for_good_need_keys() {
    let built = JwksCache::builder(pool()).without_refresh().build();
    assert_eq!(built.err(), Some(ConfigError::NoPreload { pool: pool().id().to_owned() }));
}

#[test]
fn durations_of_any_length_are_taken_by_a_verifier() {
    let builder = || CognitoVerifier::builder().trust(&*POOL, "test-client").clock(POOL.clock());
    let settings: [fn(CognitoVerifierBuilder) -> CognitoVerifierBuilder; 3] = [
        |builder| builder.leeway(Duration::MAX),
        |builder| builder.max_token_age(Duration::MAX),
        |builder| builder.leeway(Duration::MAX).max_token_age(Duration::MAX),
    ];
    let token = POOL.access_token("alice").sign();
    for set in settings {
        let verifier = set(builder()).build().expect("settings that can be");
        assert!(verifier.verify_cached(&token).is_ok());
    }
}

#[test]
fn preloaded_keys_without_a_usable_one_are_refused() {
    let no_kid = POOL.jwks().replace("\"kid\"", "\"id\"");
    for (jwks, reason) in [
        ("", "not a JSON object with an array of keys"),
        ("<html>", "not a JSON object with an array of keys"),
        ("[]", "not a JSON object with an array of keys"),
        ("{}", "not a JSON object with an array of keys"),
        (r#"{"keys":[]}"#, "no usable RSA signature key"),
        (r#"{"keys":[{"kty":"EC","kid":"k"}]}"#, "no usable RSA signature key"),
        (no_kid.as_str(), "no usable RSA signature key"),
    ] {
        let built = JwksCache::builder(pool()).preload(jwks).build();
        let message = built.expect_err("no key").to_string();
        assert!(message.starts_with("the preloaded JWKS") && message.contains(reason), "{message}");
    }
}

#[test]
fn an_address_whose_host_or_port_cannot_exist_is_refused() {
    let impossible = [
        "https://:443/x",
        "https://host:99999/",
        "https://host:abc/",
        "http://127.0.0.1:99999/p",
        "http://[127.0.0.1]/x",
        "https://256.1.1.1/p",
    ];
    for url in impossible {
        assert!(pool().with_jwks_url(url).is_err(), "{url}");
        assert!(pool().with_issuer(url).is_err(), "{url}");
    }
}

#[test]
fn an_error_of_main_is_a_sentence() {
    let error: Box<dyn std::error::Error> = UserPool::new("x").expect_err("no pool").into();
    assert_eq!(format!("{error:?}"), error.to_string());
}
