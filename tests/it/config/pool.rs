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
