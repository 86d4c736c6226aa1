//! Properties of good input: whatever claims Cognito may make are accepted, and come back as they
//! were.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::testing::TestToken;
use axum_cognito::{CognitoClaims, CognitoVerifier, Identity, TokenUse};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

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
    not_before: Option<u64>,
    signed_in: Option<u64>,
    ids: [Option<String>; 3],
    others: BTreeMap<String, Value>,
}

/// The names of the claims in `ids`.
const IDS: [&str; 3] = ["jti", "origin_jti", "event_id"];

/// A text that a token may be without.
fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(".{0,40}")
}

/// So many seconds back: a date that a token may be without.
fn age() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(0_u64..10_000_000)
}

prop_compose! {
    fn claims()(
        sub in ".{1,40}",
        username in ".{0,40}",
        client in "[!-+.-~]{1,128}",
        groups in prop::collection::vec(".{0,20}", 0..5),
        age in 0_u64..10_000_000,
        lifetime in 60_u64..10_000_000,
        not_before in age(),
        signed_in in age(),
        ids in [text(), text(), text()],
        others in prop::collection::btree_map("custom:.{0,20}", json_value(), 0..6),
    ) -> Claims {
        Claims { sub, username, client, groups, age, lifetime, not_before, signed_in, ids, others }
    }
}

impl Claims {
    /// The token that says this, of the kind of a good one.
    fn into_token(self, token: TestToken, username: &str) -> TestToken {
        let token = token.client_id(&self.client).claim("sub", self.sub).groups(self.groups);
        let token = token.claim(username, self.username);
        let token = token.claim("iat", *NOW - self.age).claim("exp", *NOW + self.lifetime);
        let dates = [("nbf", self.not_before), ("auth_time", self.signed_in)];
        let token = dates
            .into_iter()
            .fold(token, |token, (name, age)| with(token, name, age.map(|age| *NOW - age)));
        let token =
            IDS.into_iter().zip(self.ids).fold(token, |token, (name, id)| with(token, name, id));
        self.others.into_iter().fold(token, |token, (name, value)| token.claim(&name, value))
    }
}

/// An account at another provider, as in `identities`.
#[derive(Clone, Debug, PartialEq)]
struct Account {
    user_id: Option<String>,
    provider_name: Option<String>,
    provider_type: Option<String>,
    issuer: Option<String>,
    primary: bool,
    date_created: Option<u64>,
}

prop_compose! {
    fn account()(
        [user_id, provider_name, provider_type, issuer] in [text(), text(), text(), text()],
        primary in any::<bool>(),
        date_created in prop::option::of(any::<u64>()),
    ) -> Account {
        Account { user_id, provider_name, provider_type, issuer, primary, date_created }
    }
}

impl Account {
    /// As Cognito writes it: `null` where nothing is known.
    fn written(&self) -> Value {
        json!({
            "userId": self.user_id,
            "providerName": self.provider_name,
            "providerType": self.provider_type,
            "issuer": self.issuer,
            "primary": self.primary.to_string(),
            "dateCreated": self.date_created.map(|date| date.to_string()),
        })
    }

    fn read(identity: &Identity) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            user_id: owned(identity.user_id()),
            provider_name: owned(identity.provider_name()),
            provider_type: owned(identity.provider_type()),
            issuer: owned(identity.issuer()),
            primary: identity.is_primary(),
            date_created: identity.date_created(),
        }
    }
}

/// The claim `aud` of an access token: one string, or several.
fn one_or_many() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,40}".prop_map(Value::from),
        prop::collection::vec(".{0,40}", 0..4).prop_map(Value::from),
    ]
}

/// The token with this claim, or without it.
fn with(token: TestToken, name: &str, value: Option<impl Serialize>) -> TestToken {
    match value {
        Some(value) => token.claim(name, value),
        None => token.without_claim(name),
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
    let signed_in = said.signed_in.map(|age| UNIX_EPOCH + Duration::from_secs(*NOW - age));
    prop_assert_eq!(claims.auth_time(), signed_in);
    let not_before = said.not_before.map(|age| *NOW - age);
    prop_assert_eq!(claims.claim::<u64>("nbf"), Ok(not_before));
    let ids = [claims.jti(), claims.origin_jti(), claims.event_id()];
    prop_assert_eq!(ids, said.ids.each_ref().map(Option::as_deref));
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
        audience in prop::option::of(one_or_many()),
    ) {
        let token = said.clone().into_token(access(), "username").scope(&scopes.join(" "));
        // With its own client among them: a token that is bound elsewhere is refused.
        let audience = audience.map(|aud: Value| {
            let mut members = aud.as_array().cloned().unwrap_or_else(|| vec![aud]);
            members.push(said.client.clone().into());
            Value::from(members)
        });
        let token = with(token, "aud", audience.as_ref());
        let claims = accepted(token, &said.client);
        assert_same(&claims, &said)?;
        let access = claims.as_access().expect("an access token");
        prop_assert_eq!(access.scopes(), &scopes);
        prop_assert!(scopes.iter().all(|scope| access.has_scope(scope)));
        prop_assert_eq!(access.claim::<Value>("aud"), Ok(audience));
    }

    #[test]
    fn any_good_id_token_is_accepted_and_comes_back_equal(
        said in claims(),
        email in prop::option::of(".{0,40}"),
        verified in any::<bool>(),
        as_text in any::<bool>(),
        nonce in ".{0,40}",
        roles in prop::option::of(prop::collection::vec(".{0,40}", 0..4)),
        preferred_role in text(),
        accounts in prop::option::of(prop::collection::vec(account(), 0..4)),
    ) {
        let flag = if as_text { Value::from(verified.to_string()) } else { Value::from(verified) };
        let token = POOL.id_token("alice").without_claim("email").claim("nonce", &nonce);
        let token = said.clone().into_token(token, "cognito:username");
        let token = token.claim("email_verified", flag);
        let token = with(token, "email", email.as_ref());
        let token = with(token, "cognito:roles", roles.as_ref());
        let token = with(token, "cognito:preferred_role", preferred_role.as_ref());
        let written = accounts.as_ref().map(|accounts| accounts.iter().map(Account::written));
        let token = with(token, "identities", written.map(Iterator::collect::<Vec<_>>));
        let claims = accepted(token, &said.client);
        assert_same(&claims, &said)?;
        let id = claims.as_id().expect("an ID token");
        prop_assert_eq!(id.email(), email.as_deref());
        prop_assert_eq!(id.email_verified(), verified);
        prop_assert_eq!(id.nonce(), Some(nonce.as_str()));
        prop_assert_eq!(id.roles(), roles.unwrap_or_default());
        prop_assert_eq!(id.preferred_role(), preferred_role.as_deref());
        let read = id.identities().iter().map(Account::read).collect::<Vec<_>>();
        prop_assert_eq!(read, accounts.unwrap_or_default());
    }
}
