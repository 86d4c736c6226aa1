//! The addresses of a user pool: by its region, or as they are set.

use axum_cognito::UserPool;

const KEYS: &str = "https://keys.example.com/jwks.json";

fn pool() -> UserPool {
    UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool id")
}

#[test]
fn the_addresses_of_a_pool_are_those_of_its_partition() {
    for (region, suffix) in [
        ("us-east-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("cn-north-1", "amazonaws.com.cn"),
    ] {
        let pool = UserPool::new(&format!("{region}_AbC")).expect("a pool id");
        let issuer = format!("https://cognito-idp.{region}.{suffix}/{region}_AbC");
        assert_eq!(pool.issuers()[0], issuer);
        assert_eq!(pool.jwks_url(), format!("{issuer}/.well-known/jwks.json"));
    }
}

#[test]
fn the_keys_of_an_issuer_that_is_set_are_read_at_the_issuer() {
    for issuer in ["https://id.example.com/pool", "https://id.example.com/pool/"] {
        let pool = pool().with_issuer(issuer).expect("an issuer");
        assert_eq!(pool.issuers(), [issuer]);
        assert_eq!(pool.jwks_url(), "https://id.example.com/pool/.well-known/jwks.json");
    }
}

#[test]
fn the_address_of_the_keys_stays_as_it_is_set_whatever_the_issuer() {
    let issuer = "https://id.example.com/pool";
    let first = pool().with_jwks_url(KEYS).and_then(|pool| pool.with_issuer(issuer));
    let last = pool().with_issuer(issuer).and_then(|pool| pool.with_jwks_url(KEYS));
    for pool in [first, last] {
        let pool = pool.expect("good addresses");
        assert_eq!((pool.issuers(), pool.jwks_url()), (&[issuer.to_owned()][..], KEYS));
    }
}

#[test]
fn a_pool_is_shown_by_its_id() {
    assert_eq!(pool().to_string(), "eu-west-1_AbCdEfGhI");
}

#[test]
fn the_issuers_of_replicas_are_added_with_their_own_keys() {
    let pool = pool().replicated_in(["us-east-1", "cn-north-1"]).expect("Regions");
    let id = "eu-west-1_AbCdEfGhI";
    let expected = [
        format!("https://cognito-idp.eu-west-1.amazonaws.com/{id}"),
        format!("https://issuer-cognito-idp.eu-west-1.amazonaws.com/{id}"),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{id}"),
        format!("https://issuer-cognito-idp.us-east-1.amazonaws.com/{id}"),
        format!("https://cognito-idp.cn-north-1.amazonaws.com.cn/{id}"),
        format!("https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/{id}"),
    ];
    assert_eq!(pool.issuers(), expected);
    assert_eq!(pool.jwks_url(), format!("{}/.well-known/jwks.json", expected[0]));
}

#[test]
fn the_region_of_a_replica_that_cannot_be_is_refused() {
    for regions in [
        vec!["eu-west"],
        vec![""],
        vec!["eu-west-1"],
        vec!["us-east-1", "us-east-1"],
        vec!["local"],
    ] {
        let error = pool().replicated_in(&regions).expect_err("no Region");
        assert!(error.to_string().contains("like `eu-west-1`"), "{regions:?}: {error}");
    }
}

#[test]
fn a_name_under_localhost_is_this_machine() {
    for url in ["http://cognito.localhost:4566/x", "http://a.b.localhost/x"] {
        assert!(pool().with_jwks_url(url).is_ok(), "{url}");
    }
    for url in ["http://localhost.evil.example/x", "http://evillocalhost/x"] {
        assert!(pool().with_jwks_url(url).is_err(), "{url}");
    }
}

#[test]
fn an_emulators_own_address_is_an_issuer_too() {
    let pool = pool().with_endpoint("http://localhost:4566/").expect("an emulator");
    let own = "http://localhost:4566/eu-west-1_AbCdEfGhI";
    assert!(pool.issuers().iter().any(|issuer| issuer == own));
    assert_eq!(pool.jwks_url(), format!("{own}/.well-known/jwks.json"));
}
