//! Attacks on what a verifier remembers: its keys, when they fail to come, and its verified tokens.

use std::num::NonZeroUsize;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoClaims, CognitoLayer, CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest,
    JwksResponse, VerifyError,
};
use http::{StatusCode, header};

use crate::common::parts::parts;
use crate::common::runtime::block_on;
use crate::common::send;
use crate::common::tokens::{CLIENT, POOL, access};

/// Each way in which a fetch may bring no keys.
const FAILURES: [fn() -> Result<JwksResponse, JwksError>; 7] = [
    || Err(JwksError::Status(500)),
    || Err(JwksError::Fetch("reset".to_owned())),
    || Ok(JwksResponse::new("")),
    || Ok(JwksResponse::new("<html>")),
    || Ok(JwksResponse::new(r#"{"keys":[]}"#)),
    || Ok(JwksResponse::not_modified()),
    || Ok(JwksResponse::new(vec![b' '; 70_000])),
];

/// A source that never brings keys.
struct Failing(fn() -> Result<JwksResponse, JwksError>);

impl FetchJwks for Failing {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        self.0()
    }
}

/// A verifier that has no keys and gets none.
fn without_keys(failure: fn() -> Result<JwksResponse, JwksError>) -> CognitoVerifier {
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(Failing(failure)).build();
    let builder = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    builder.build().expect("settings that can be")
}

/// The subject of a token, if it is accepted.
fn subject(verifier: &CognitoVerifier, token: &str) -> Result<String, VerifyError> {
    verifier.verify_cached(token).map(|claims| claims.username().unwrap_or(claims.sub()).to_owned())
}

/// A token of this user, which the pool signed.
fn token_of(user: &str) -> String {
    POOL.access_token(user).client_id(CLIENT).sign()
}

// CVE-2026-31837.
#[test]
fn without_keys_no_token_is_judged_by_any_other_key() {
    let attacker = TestPool::offline();
    for failure in FAILURES {
        let verifier = without_keys(failure);
        for token in [access(), access().signed_by(&attacker), access().header("kid", "default")] {
            let verdict = block_on(verifier.verify(&token.sign()));
            assert!(matches!(verdict, Err(VerifyError::KeysUnavailable { .. })), "{verdict:?}");
        }
    }
}

// CVE-2026-31837.
#[test]
fn without_keys_a_request_gets_503_and_is_asked_to_come_again() {
    for failure in FAILURES {
        let handler = get(|claims: CognitoClaims| async move {
            claims.username().unwrap_or(claims.sub()).to_owned()
        });
        let layer = CognitoLayer::new(without_keys(failure));
        let bearer = format!("Bearer {}", access().sign());
        let router = Router::new().route("/", handler).layer(layer);
        let response = block_on(send::get(router, &[("authorization", bearer)]));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }
}

// CVE-2026-35039.
#[test]
fn two_tokens_never_share_a_place_in_memory() {
    let users: Vec<_> = (0..200).map(|number| format!("user-{number}")).collect();
    let tokens: Vec<_> = users.iter().map(|user| token_of(user)).collect();
    for capacity in [1, 2, 7, 10_000] {
        let builder = CognitoVerifier::builder().trust(&*POOL, CLIENT).clock(POOL.clock());
        let capacity = NonZeroUsize::new(capacity).expect("more than none");
        let verifier = builder.token_cache(capacity).build().expect("settings that can be");
        for _ in 0..3 {
            for (user, token) in users.iter().zip(&tokens) {
                assert_eq!(subject(&verifier, token).as_ref(), Ok(user));
            }
        }
    }
}

// CVE-2026-35039.
#[test]
fn parts_of_remembered_tokens_do_not_make_another() {
    let verifier = POOL.verifier(CLIENT);
    let (alice, bob) = (token_of("alice"), token_of("bob"));
    assert_eq!(subject(&verifier, &alice), Ok("alice".to_owned()));
    assert_eq!(subject(&verifier, &bob), Ok("bob".to_owned()));
    let ([header, claims_of_alice, _], [_, claims_of_bob, by_bob]) = (parts(&alice), parts(&bob));
    assert_eq!(
        subject(&verifier, &format!("{header}.{claims_of_alice}.{by_bob}")),
        Err(VerifyError::Signature)
    );
    assert!(subject(&verifier, &format!("{header}.{claims_of_bob}.{}", parts(&alice)[2])).is_err());
}

// CVE-2026-35039.
#[test]
fn a_remembered_token_with_its_dots_elsewhere_is_another_token() {
    let verifier = POOL.verifier(CLIENT);
    let token = access().sign();
    assert!(subject(&verifier, &token).is_ok());
    let bare: String = token.split('.').collect();
    assert_eq!(subject(&verifier, &bare).err(), Some(VerifyError::NotJwt));
    let [header, payload, signature] = parts(&token);
    let (first, rest) = signature.split_at(4);
    for moved in
        [format!("{header}.{payload}{first}.{rest}"), format!("{header}{payload}.{signature}.")]
    {
        assert!(subject(&verifier, &moved).is_err(), "{moved}");
    }
}

// CVE-2026-35039.
#[test]
fn a_forgery_is_refused_also_after_the_token_that_it_forges() {
    let (verifier, attacker) = (POOL.verifier(CLIENT), TestPool::offline());
    let token = access().claim("jti", "same");
    assert!(subject(&verifier, &token.clone().sign()).is_ok());
    let forged = token.signed_by(&attacker).sign();
    assert_eq!(subject(&verifier, &forged), Err(VerifyError::Signature));
    assert_eq!(subject(&verifier, &forged), Err(VerifyError::Signature));
}
