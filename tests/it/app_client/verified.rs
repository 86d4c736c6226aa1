//! What comes back is verified before anybody gets it.

use std::time::Duration;

use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{
    FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse, RenewError, Tokens,
};
use serde_json::json;

use super::cognito::{CLIENT, Cognito, Reply, api_tokens, tokens};

/// What a client makes of these tokens, by either way.
async fn renewed(access: &str, id: &str) -> [Result<Tokens, RenewError>; 2] {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    renewed_at(&cognito, access, id).await
}

async fn renewed_at(cognito: &Cognito, access: &str, id: &str) -> [Result<Tokens, RenewError>; 2] {
    let (own_access, own_id) = (access.to_owned(), id.to_owned());
    cognito.set(move |_, asked| match asked.path.as_str() {
        "/oauth2/token" => tokens(&own_access, &own_id, Some("new")),
        _ => api_tokens(&own_access, &own_id, Some("new")),
    });
    [cognito.client().renew("old").await, cognito.api_client().renew("old").await]
}

/// Changes one thing at good tokens, and expects that nobody gets them.
async fn assert_refused(
    change: impl Fn(&Cognito, TestToken, TestToken) -> [TestToken; 2],
    why: &str,
) {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let access = cognito.pool.access_token("alice").client_id(CLIENT);
    let id = cognito.pool.id_token("alice").client_id(CLIENT);
    let [access, id] = change(&cognito, access, id).map(TestToken::sign);
    for outcome in renewed_at(&cognito, &access, &id).await {
        assert_eq!(outcome.err(), Some(RenewError::Verify), "{why}");
    }
}

#[tokio::test]
async fn good_tokens_are_given_out_as_they_came() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let (access, id) = (cognito.access_token(), cognito.id_token());
    for outcome in renewed_at(&cognito, &access, &id).await {
        let tokens = outcome.expect("tokens");
        assert_eq!(
            (tokens.access_token(), tokens.id_token()),
            (access.as_str(), Some(id.as_str()))
        );
        assert_eq!(tokens.refresh_token(), "new");
        assert_eq!(tokens.access_claims().client_id(), CLIENT);
    }
}

#[tokio::test]
async fn a_token_of_another_client_or_that_has_expired_is_given_to_nobody() {
    assert_refused(|_, access, id| [access.client_id("another"), id], "access, client").await;
    assert_refused(|_, access, id| [access, id.client_id("another")], "ID, client").await;
    assert_refused(|_, access, id| [access.expired(), id], "access, expired").await;
    assert_refused(|_, access, id| [access, id.expired()], "ID, expired").await;
}

#[tokio::test]
async fn tokens_of_two_users_are_given_to_nobody() {
    let other = |cognito: &Cognito| cognito.pool.id_token("mallory").client_id(CLIENT);
    assert_refused(move |cognito, access, _| [access, other(cognito)], "two users").await;
}

#[tokio::test]
async fn a_token_with_another_signature_is_given_to_nobody() {
    let other = TestPool::offline();
    assert_refused(|_, access, id| [access.signed_by(&other), id], "access, signature").await;
    assert_refused(|_, access, id| [access, id.signed_by(&other)], "ID, signature").await;
}

#[tokio::test]
async fn each_token_must_be_of_its_own_kind() {
    assert_refused(|_, access, _| [access.clone(), access], "an access token twice").await;
    assert_refused(|_, _, id| [id.clone(), id], "an ID token twice").await;
    assert_refused(|_, access, id| [id, access], "the other way round").await;
}

#[tokio::test]
async fn what_is_not_a_token_is_given_to_nobody() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    for (access, id) in [("garbage", cognito.id_token()), ("", cognito.id_token())] {
        for outcome in renewed(access, &id).await {
            assert_eq!(outcome.err(), Some(RenewError::Verify));
        }
    }
}

#[tokio::test]
async fn a_sign_in_without_the_scope_openid_has_no_id_token() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let access = cognito.access_token();
    cognito.set(move |_, _| Reply::json(200, &json!({ "access_token": access })));
    let tokens = cognito.client().renew("old").await.expect("an access token alone");
    assert_eq!(tokens.id_token(), None);
    assert!(tokens.id_claims().is_none());
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_resource_is_fine() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let access = cognito.pool.access_token("alice").client_id(CLIENT);
    let access = access.claim("aud", "https://api.example.com").sign();
    for outcome in renewed_at(&cognito, &access, &cognito.id_token()).await {
        outcome.expect("tokens");
    }
}

/// A source of keys that is out.
struct Out;

impl FetchJwks for Out {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Err(JwksError::Status(503))
    }
}

#[tokio::test]
async fn without_keys_nothing_is_spent() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let keys = JwksCache::builder(cognito.pool.user_pool()).fetcher(Out).build().expect("a cache");
    let client = cognito.builder().keys(&keys).domain(&cognito.url).build().expect("a client");
    let unavailable = RenewError::Unavailable { retry_after: Duration::from_secs(1) };
    assert_eq!(client.renew("old").await.err(), Some(unavailable));
    let exchange = client.exchange_code("code", "https://app/cb", "verifier").await;
    assert_eq!(exchange.err(), Some(unavailable));
    assert_eq!(cognito.requests(), 0);
}

#[tokio::test]
async fn a_new_key_that_is_not_there_yet_loses_no_rotation() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let client = cognito.client();
    // The pool has new keys, and its endpoint of keys is out: the tokens cannot be verified yet.
    let (pool, clock) = (cognito.pool.clone(), cognito.pool.clock());
    pool.rotate_keys();
    pool.set_outage(true);
    let (access, id) = (cognito.access_token(), cognito.id_token());
    cognito.set(move |_, _| tokens(&access, &id, Some("new")));
    let renewal = tokio::spawn({
        let client = client.clone();
        async move { client.renew("old").await }
    });
    while pool.jwks_requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    pool.set_outage(false);
    // Past the back-off of the keys.
    clock.advance(Duration::from_secs(60));
    let tokens = renewal.await.expect("no panic").expect("tokens");
    assert_eq!(tokens.refresh_token(), "new");
    assert_eq!(cognito.requests(), 1);
}
