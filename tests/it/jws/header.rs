//! The header of a token: one algorithm, no extensions, and a key id that is only compared.

use std::sync::{Arc, Mutex};

use axum_cognito::{
    CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse, VerifyError,
};
use serde_json::{Value, json};

use crate::common::member::with_member;
use crate::common::runtime::block_on;
use crate::common::served::Served;
use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

/// Values of JSON that are no string.
fn no_strings() -> [Value; 6] {
    [json!(null), json!(7), json!(true), json!([]), json!(["RS256"]), json!({ "alg": "RS256" })]
}

/// A verifier that reads its keys here.
fn verifier_at(fetcher: impl FetchJwks) -> CognitoVerifier {
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(fetcher).build();
    let builder = CognitoVerifier::builder().trust(keys.expect("settings that can be"), CLIENT);
    builder.build().expect("settings that can be")
}

/// A source of the pool's keys that notes which addresses it is asked for.
#[derive(Clone, Default)]
struct Watched(Arc<Mutex<Vec<String>>>);

impl FetchJwks for Watched {
    async fn fetch(&self, request: JwksRequest) -> Result<JwksResponse, JwksError> {
        self.0.lock().expect("no fetch panics").push(request.url().to_owned());
        Ok(JwksResponse::new(POOL.jwks()))
    }
}

/// The pool's keys, with that of the access tokens under another id.
fn jwks_with_access_key_id(kid: &str) -> String {
    POOL.jwks().replace(&POOL.access_key_id(), kid)
}

// RFC 8725 §3.1.
#[test]
fn every_algorithm_but_rs256_is_refused() {
    let names = "none None NONE nOnE HS256 HS384 HS512 RS384 RS512 PS256 PS384 PS512 ES256 ES384 \
                 ES512 ES256K EdDSA Ed25519 RSA-OAEP RSA1_5 dir rs256 Rs256 RS-256 RS2560 RS25";
    for alg in names.split(' ') {
        let token = access().header("alg", alg).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Algorithm), "{alg}");
    }
}

#[test]
fn an_algorithm_with_anything_around_it_is_another_one() {
    for alg in ["", " ", " RS256", "RS256 ", "RS256\n", "RS256\0", "RS256,none", "ＲＳ256"] {
        let token = access().header("alg", alg).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Algorithm), "{alg:?}");
    }
}

#[test]
fn a_token_without_algorithm_is_refused() {
    let token = access().without_header("alg").sign();
    assert_eq!(verdict(&token).err(), Some(VerifyError::Algorithm));
    let token = access().without_header("alg").header("ALG", "RS256").sign();
    assert_eq!(verdict(&token).err(), Some(VerifyError::Algorithm));
}

#[test]
fn an_algorithm_that_is_no_string_is_refused() {
    for alg in no_strings() {
        let token = access().header("alg", &alg).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Header), "{alg}");
    }
}

// RFC 7515 §4.1.11.
#[test]
fn crit_is_refused_whatever_it_holds() {
    for crit in ["null", "[]", "{}", "false", "0", r#""""#, r#"["exp"]"#, r#"["alg"]"#, "[[[]]]"] {
        let [header, payload] = texts(access());
        let token = POOL.sign(&with_member(&header, &format!(r#""crit":{crit}"#)), &payload);
        assert_eq!(verdict(&token).err(), Some(VerifyError::Extension), "{crit}");
    }
}

// RFC 7797 §7.
#[test]
fn b64_is_refused_whatever_it_holds() {
    for b64 in [json!(true), json!(false), json!(null), json!("true"), json!([])] {
        let token = access().header("b64", &b64).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Extension), "{b64}");
    }
}

#[test]
fn a_kid_is_required() {
    for token in [access().without_header("kid"), access().header("kid", "")] {
        assert_eq!(verdict(&token.sign()).err(), Some(VerifyError::KeyId));
    }
}

#[test]
fn a_kid_that_is_no_string_is_refused() {
    for kid in no_strings() {
        let token = access().header("kid", &kid).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Header), "{kid}");
    }
}

#[test]
fn a_kid_is_compared_exactly() {
    let kid = POOL.access_key_id();
    let bare = kid.trim_end_matches('=').to_owned();
    let swapped = kid.chars().map(|char| {
        if char.is_ascii_lowercase() {
            char.to_ascii_uppercase()
        } else {
            char.to_ascii_lowercase()
        }
    });
    let others =
        [bare, swapped.collect(), format!("{kid} "), format!(" {kid}"), format!("{kid}\0")];
    for kid in others {
        let token = access().header("kid", &kid).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::UnknownKey), "{kid:?}");
    }
}

#[test]
fn a_kid_with_json_escapes_is_the_same_kid() {
    let [header, payload] = texts(access().without_header("kid"));
    let escaped: String =
        POOL.access_key_id().bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let token = POOL.sign(&with_member(&header, &format!(r#""kid":"{escaped}""#)), &payload);
    assert!(verdict(&token).is_ok());
}

#[test]
fn a_kid_of_128_bytes_is_accepted_and_one_byte_more_is_not() {
    let judge = |kid: &str| {
        let verifier = verifier_at(Served(jwks_with_access_key_id(kid).into()));
        block_on(verifier.verify(&access().header("kid", kid).sign())).map(drop)
    };
    assert_eq!(judge(&"k".repeat(128)), Ok(()));
    assert_eq!(judge(&"k".repeat(129)), Err(VerifyError::KeyId));
    assert_eq!(judge(&"é".repeat(65)), Err(VerifyError::KeyId));
}

// RFC 8725 §3.10.
#[test]
fn a_kid_never_becomes_part_of_the_address_of_the_keys() {
    for kid in ["../../../x", "https://evil.example/jwks.json", "?x=1#y", "%2e%2e/\r\nHost: x"] {
        let watched = Watched::default();
        let token = access().header("kid", kid).sign();
        let verdict = block_on(verifier_at(watched.clone()).verify(&token));
        assert_eq!(verdict.err(), Some(VerifyError::UnknownKey), "{kid}");
        let urls = watched.0.lock().expect("no fetch panics");
        assert_eq!(*urls, [POOL.user_pool().jwks_url()], "{kid}");
    }
}

#[test]
fn the_type_of_a_token_is_not_looked_at() {
    for typ in [json!("JWT"), json!("at+jwt"), json!("jwt"), json!("x"), json!(7), json!(null)] {
        assert!(verdict(&access().header("typ", &typ).sign()).is_ok(), "{typ}");
    }
}

#[test]
fn a_token_within_a_token_is_refused() {
    for cty in ["JWT", "jwt", "Jwt"] {
        let token = access().header("cty", cty).sign();
        assert_eq!(verdict(&token).err(), Some(VerifyError::Nested), "{cty}");
    }
}
