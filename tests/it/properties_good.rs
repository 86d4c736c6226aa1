//! Properties of good input: whatever claims Cognito may make are accepted, and come back as they
//! were.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::testing::TestToken;
use axum_cognito::{CognitoClaims, CognitoVerifier, TokenUse};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::tokens::{POOL, access};
use crate::common::values::json_value;

/// What both kinds of token say.
#[derive(Clone, Debug)]
struct Claims {
    sub: String,
    username: String,
    client: String,
    groups: Vec<String>,
    age: u64,
    lifetime: u64,
    others: BTreeMap<String, Value>,
}

prop_compose! {
    fn claims()(
        sub in ".{1,40}",
        username in ".{0,40}",
        client in "[!-+.-~]{1,128}",
        groups in prop::collection::vec(".{0,20}", 0..5),
        age in 0_u64..10_000_000,
        lifetime in 60_u64..10_000_000,
        others in prop::collection::btree_map("custom:.{0,20}", json_value(), 0..6),
    ) -> Claims {
        Claims { sub, username, client, groups, age, lifetime, others }
    }
}

impl Claims {
    /// The token that says this, of the kind of a good one.
    fn into_token(self, token: TestToken, username: &str) -> TestToken {
        let token = token.client_id(&self.client).claim("sub", self.sub).groups(self.groups);
        let token = token.claim(username, self.username);
        let token = token.claim("iat", *NOW - self.age).claim("exp", *NOW + self.lifetime);
        self.others.into_iter().fold(token, |token, (name, value)| token.claim(&name, value))
    }
}

/// The second in which the tests began.
static NOW: LazyLock<u64> =
    LazyLock::new(|| POOL.clock().now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs());

/// What a verifier that trusts only the client that is named says of a token.
fn accepted(token: TestToken, client: &str) -> CognitoClaims {
    let builder = CognitoVerifier::builder().trust(&*POOL, client).clock(POOL.clock());
    let verifier = builder.token_use(TokenUse::Any).build().expect("settings that can be");
    verifier.verify_cached(&token.sign()).expect("a good token")
}

/// The claims of a token say what was said of them.
fn assert_same(claims: &CognitoClaims, said: &Claims) -> Result<(), TestCaseError> {
    prop_assert_eq!(claims.sub(), &said.sub);
    prop_assert_eq!(claims.username(), Some(said.username.as_str()));
    prop_assert_eq!(claims.client_id(), &said.client);
    prop_assert_eq!(claims.groups(), &said.groups);
    prop_assert_eq!(claims.issued_at(), UNIX_EPOCH + Duration::from_secs(*NOW - said.age));
    prop_assert_eq!(claims.expires_at(), UNIX_EPOCH + Duration::from_secs(*NOW + said.lifetime));
    for group in &said.groups {
        prop_assert!(claims.in_group(group));
    }
    for (name, value) in &said.others {
        let expected = Some(value.clone()).filter(|value| !value.is_null());
        prop_assert_eq!(claims.claim::<Value>(name), Ok(expected));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_good_access_token_is_accepted_and_comes_back_equal(
        said in claims(),
        scopes in prop::collection::vec("[!-~]{1,30}", 0..6),
    ) {
        let token = said.clone().into_token(access(), "username").scope(&scopes.join(" "));
        let claims = accepted(token, &said.client);
        assert_same(&claims, &said)?;
        let access = claims.as_access().expect("an access token");
        prop_assert_eq!(access.scopes(), &scopes);
        prop_assert!(scopes.iter().all(|scope| access.has_scope(scope)));
    }

    #[test]
    fn any_good_id_token_is_accepted_and_comes_back_equal(
        said in claims(),
        email in prop::option::of(".{0,40}"),
        verified in any::<bool>(),
        as_text in any::<bool>(),
        nonce in ".{0,40}",
    ) {
        let flag = if as_text { Value::from(verified.to_string()) } else { Value::from(verified) };
        let token = POOL.id_token("alice").without_claim("email").claim("nonce", &nonce);
        let token = said.clone().into_token(token, "cognito:username");
        let token = token.claim("email_verified", flag);
        let token = email.iter().fold(token, |token, email| token.claim("email", email));
        let claims = accepted(token, &said.client);
        assert_same(&claims, &said)?;
        let id = claims.as_id().expect("an ID token");
        prop_assert_eq!(id.email(), email.as_deref());
        prop_assert_eq!(id.email_verified(), verified);
        prop_assert_eq!(id.nonce(), Some(nonce.as_str()));
    }
}
