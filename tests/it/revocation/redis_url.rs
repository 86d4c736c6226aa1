//! Where a `RedisLog` is: what its URL may be. Servers are in `tests/servers`.

use axum_cognito::{ConfigError, OnLoss, RedisLog, Revocations};

fn error(url: &str) -> String {
    let error = RedisLog::new(url).expect_err("there is no such server");
    assert!(matches!(error, ConfigError::Url { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn a_url_names_a_host_and_perhaps_a_login_a_port_and_a_database() {
    for url in [
        "redis://localhost",
        "rediss://cache.example.com",
        "rediss://user:password@cache.example.com:6380",
        "redis://:password@10.0.0.1:6379/2",
        "redis://:p%40ss%2Fword@[::1]:6379/",
        "valkey://cache.example.com",
        "valkeys://cache.example.com",
    ] {
        assert!(RedisLog::new(url).is_ok(), "{url}");
    }
}

#[test]
fn a_url_that_is_none_of_a_server_is_an_error() {
    for url in [
        "",
        "cache.example.com:6379",
        "https://cache.example.com",
        "redis://",
        "redis:///0",
        "redis://:6379",
        "redis://cache.example.com:port",
        "redis://cache.example.com:99999",
        "redis://cache.example.com/name",
        "redis://cache.example.com?db=1",
        "redis://0.0.0.0",
        "rediss://cache.example.com#insecure",
        "rediss://-_-.example..com",
        "redis://user@cache.example.com",
        "redis+unix:///run/redis.sock",
        "unix:///run/redis.sock",
    ] {
        assert!(error(url).contains("is not the URL of a Redis or Valkey server: "), "{url}");
    }
}

#[test]
fn an_error_of_a_url_does_not_hold_the_password() {
    for url in [
        "https://user:hush-hush@cache.example.com",
        "redis://user:hush-hush@",
        "redis://user:hush-hush@:6379",
        "redis://user:hush-hush",
        "redis://hush-hush@cache.example.com",
        "redis://user:hush-hush@cache.example.com:port",
        "redis://user:hush-hush@cache.example.com/name",
        "redis://user:a@hush-hush@cache.example.com/name",
        "redis://user:a/hush-hush@cache.example.com",
        "redis://user:a?hush-hush@cache.example.com",
        "redis://user:a#hush-hush@cache.example.com",
        "redis://cache.example.com?password=hush-hush",
        "rediss://cache.example.com#hush-hush",
        "user:hush-hush@cache.example.com",
        ":hush-hush",
    ] {
        let error = error(url);
        assert!(!error.contains("hush"), "{error}");
        assert!(!error.contains('\n') && error.len() < 500, "{error}");
    }
}

#[test]
fn an_error_of_a_url_names_the_host() {
    let error = error("http://user:password@cache.example.com:6379");
    assert!(error.starts_with("`http://…@cache.example.com:6379` is not the URL"), "{error}");
}

#[test]
fn debug_shows_the_host_and_no_password() {
    let log = RedisLog::new("rediss://somebody:hush-hush@cache.example.com").expect("it is right");
    let shown = format!("{log:?}");
    assert!(shown.contains("cache.example.com"), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains("somebody"), "{shown}");
}

#[test]
fn the_nodes_of_a_cluster_have_one_login() {
    let node = |url: &'static str| url;
    let first = node("rediss://user:hush-hush@one.example.com");
    assert!(RedisLog::cluster([first, "rediss://user:hush-hush@two.example.com:7000"]).is_ok());
    for other in [
        "redis://user:hush-hush@two.example.com",
        "rediss://user:another@two.example.com",
        "rediss://two.example.com",
        "rediss://user:hush-hush@two.example.com/1",
    ] {
        let error = RedisLog::cluster([first, other]).expect_err("they differ").to_string();
        assert!(error.contains("one scheme, user name, password and database"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let none: [&str; 0] = [];
    assert!(RedisLog::cluster(none).is_err());
}

#[test]
fn a_certificate_that_is_none_or_that_nothing_asks_for_is_an_error() {
    let log = || RedisLog::new("rediss://user:hush-hush@cache.example.com").expect("it is right");
    for pem in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
    {
        let error = log().tls_ca(pem).expect_err("it is no certificate").to_string();
        assert!(error.contains("PEM") && !error.contains("hush"), "{error}");
    }
    let plain = RedisLog::new("redis://cache.example.com").expect("it is right");
    assert!(plain.tls_ca("").expect_err("there is no TLS").to_string().contains("`rediss`"));
}

/// It is no server that is asked for: nothing connects before the first use.
#[test]
fn a_list_is_made_without_a_runtime() {
    let log = RedisLog::new("redis://127.0.0.1:1").expect("it is right");
    let revocations = Revocations::shared(log, OnLoss::Accept);
    assert!(!revocations.status().is_ready());
}
