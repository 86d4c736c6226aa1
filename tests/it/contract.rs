//! The names that programs compile against, used from outside as those programs do.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::response::Response;
use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, ClientIds, CognitoClaims, CognitoLayer, CognitoVerifier, ConfigError, FetchJwks,
    IdClaims, JwksCache, JwksError, JwksRequest, JwksResponse, JwksStatus, PrefetchError,
    RefreshTask, Rejection, Require, TokenSource, TokenUse, UserPool, VerifyError,
};

use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A source of one set of keys.
struct Fixed(String);

impl FetchJwks for Fixed {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Ok(JwksResponse::new(self.0.clone()))
    }
}

#[test]
fn the_shortest_program_is_this_one() -> Result<(), ConfigError> {
    async fn me(claims: CognitoClaims) -> String {
        claims.username().unwrap_or(claims.sub()).to_owned()
    }
    let verifier = CognitoVerifier::new("us-east-1_AbCdEfGhI", "my-client-id")?;
    let _app: Router = Router::new().route("/me", get(me)).layer(CognitoLayer::new(verifier));
    Ok(())
}

#[test]
fn a_pool_is_made_of_its_id() -> Outcome {
    let pool = UserPool::new("eu-west-1_AbCdEfGhI")?;
    assert_eq!(pool, "eu-west-1_AbCdEfGhI".parse()?);
    assert_eq!((pool.id(), pool.region()), ("eu-west-1_AbCdEfGhI", "eu-west-1"));
    let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
    assert_eq!(pool.issuers(), [issuer, &issuer.replace("cognito-idp", "issuer-cognito-idp")]);
    assert_eq!(pool.jwks_url(), format!("{issuer}/.well-known/jwks.json"));
    Ok(())
}

#[test]
fn a_pool_of_an_emulator_has_its_own_addresses() -> Outcome {
    let pool = UserPool::new("local_x")?;
    let pool = pool
        .with_issuer("http://127.0.0.1:9229/local_x")?
        .with_jwks_url("http://127.0.0.1:9229/local_x/.well-known/jwks.json")?;
    assert_eq!(pool.issuers(), ["http://127.0.0.1:9229/local_x"]);
    assert_eq!(pool.jwks_url(), "http://127.0.0.1:9229/local_x/.well-known/jwks.json");
    assert!(pool.danger_allow_http().with_issuer("http://cognito.internal/local_x").is_ok());
    Ok(())
}

#[tokio::test]
async fn keys_have_settings_a_status_and_a_refresh() -> Outcome {
    let keys: JwksCache = JwksCache::builder(POOL.user_pool())
        .refresh_after(Duration::from_secs(60))
        .max_stale(Duration::from_secs(3600))
        .request_timeout(Duration::from_secs(2))
        .max_wait(Duration::from_secs(2))
        .http_client(reqwest::Client::new())
        .fetcher(Fixed(POOL.jwks()))
        .preload(&POOL.jwks())
        .build()?;
    let refreshed: Result<(), JwksError> = keys.refresh().await;
    let status: JwksStatus = keys.status();
    let _task: RefreshTask = keys.spawn_refresh();
    assert_eq!((refreshed, status.is_ready(), status.key_ids().len()), (Ok(()), true, 2));
    assert!(status.age().is_some() && status.last_error().is_none());
    assert_eq!((status.fetches_succeeded(), status.fetches_failed()), (1, 0));
    assert!(JwksCache::new(UserPool::new("eu-west-1_AbCdEfGhI")?).is_ok());
    Ok(())
}

#[tokio::test]
async fn a_clone_of_the_keys_is_the_same_cache() -> Outcome {
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(Fixed(POOL.jwks())).build()?;
    keys.clone().refresh().await?;
    assert!(keys.status().is_ready());
    Ok(())
}

#[tokio::test]
async fn a_verifier_has_these_settings() -> Outcome {
    let verifier: CognitoVerifier = CognitoVerifier::builder()
        .trust(&*POOL, "my-client-id")
        .token_use(TokenUse::Access)
        .leeway(Duration::from_secs(5))
        .max_token_age(Duration::from_secs(7200))
        .audience("https://api.example.com")
        .token_cache(NonZeroUsize::MIN)
        .without_token_cache()
        .check(|claims: &CognitoClaims| -> Result<(), String> {
            if claims.username() == Some("alice") { Ok(()) } else { Err("not alice".to_owned()) }
        })
        .build()?;
    let token = |user| POOL.access_token(user).client_id("my-client-id");
    let token = |user| token(user).claim("aud", "https://api.example.com").sign();
    let verified: Result<CognitoClaims, VerifyError> = verifier.verify(&token("alice")).await;
    assert_eq!(verified?.username(), Some("alice"));
    let cached: Result<CognitoClaims, VerifyError> = verifier.verify_cached(&token("bob"));
    assert_eq!(cached.err(), Some(VerifyError::Check("not alice".to_owned())));
    Ok(())
}

#[test]
fn a_pool_or_its_keys_are_trusted_for_clients_of_every_form() -> Outcome {
    let pool = |region: &str| UserPool::new(&format!("{region}_AbCdEfGhI"));
    let verifier = CognitoVerifier::builder()
        .trust(pool("us-east-1")?, "one")
        .trust(pool("us-east-2")?, String::from("one"))
        .trust(pool("us-west-1")?, ["one", "two"])
        .trust(pool("us-west-2")?, vec!["one".to_owned(), "two".to_owned()])
        .trust(JwksCache::new(pool("eu-west-1")?)?, ClientIds::any())
        .token_use(TokenUse::Id)
        .build();
    assert!(verifier.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_prefetch_says_which_pool_failed() -> Outcome {
    let keys = JwksCache::builder(UserPool::new("eu-west-1_AbCdEfGhI")?);
    let keys = keys.fetcher(Fixed("{}".to_owned())).build()?;
    let verifier = CognitoVerifier::builder().trust(&*POOL, "one").trust(keys, "two").build()?;
    let fetched: Result<(), PrefetchError> = verifier.prefetch().await;
    let error = fetched.expect_err("no keys");
    assert_eq!(error.failures().map(|(pool, _)| pool).collect::<Vec<_>>(), ["eu-west-1_AbCdEfGhI"]);
    Ok(())
}

#[tokio::test]
async fn a_layer_has_these_settings() {
    let layer = CognitoLayer::new(POOL.verifier("my-client-id"))
        .optional()
        .token_from([
            TokenSource::bearer(),
            TokenSource::cookie("access_token"),
            TokenSource::header("x-amzn-oidc-accesstoken"),
        ])
        .realm("orders")
        .resource_metadata("https://api.example.com/.well-known/oauth-protected-resource")
        .on_rejection(|rejection: Rejection| -> Response<Body> {
            let answer = Response::builder().status(rejection.status());
            answer.body(Body::from(rejection.description())).expect("a response")
        });
    let app = Router::new().route("/", get(async |_: Option<CognitoClaims>| "in")).layer(layer);
    assert_eq!(send::get::<&str>(app, &[]).await.body(), "in");
}

#[tokio::test]
async fn a_requirement_is_the_layer_of_a_route() {
    let require = Require::scope("orders/read")
        .and(Require::any_scope(["orders/read", "orders/write"]))
        .and(Require::all_scopes(["orders/read"]))
        .and(Require::group("admins"))
        .and(Require::any_group(["admins", "staff"]))
        .and(Require::all_groups(["admins"]))
        .and(Require::when(|claims: &CognitoClaims| claims.username().is_some()));
    let admin = async || "in";
    let app = Router::new()
        .route("/", get(admin))
        .route_layer(require)
        .layer(CognitoLayer::new(POOL.verifier("test-client")));
    let token = POOL.access_token("alice").scope("orders/read").groups(["admins"]).sign();
    let answer = send::get(app, &[("authorization", format!("Bearer {token}"))]).await;
    assert_eq!(answer.body(), "in");
}

#[test]
fn every_form_of_claims_is_an_argument_of_a_handler() {
    let _app: Router = Router::new()
        .route("/1", get(async |_: CognitoClaims| ()))
        .route("/2", get(async |_: AccessClaims| ()))
        .route("/3", get(async |_: IdClaims| ()))
        .route("/4", get(async |_: Option<CognitoClaims>| ()))
        .route("/5", get(async |_: Option<AccessClaims>| ()))
        .route("/6", get(async |_: Option<IdClaims>| ()));
}

#[tokio::test]
async fn claims_of_either_kind_have_these_methods() -> Outcome {
    let token = POOL
        .access_token("alice")
        .groups(["admins"])
        .added_by_trigger("custom:tenant", "acme")
        .sign();
    let claims = POOL.verifier("test-client").verify(&token).await?;
    let pool = POOL.user_pool();
    assert_eq!((claims.sub(), claims.username()), (&*POOL.sub_of("alice"), Some("alice")));
    assert_eq!((claims.issuer(), claims.user_pool_id()), (&*pool.issuers()[0], pool.id()));
    assert_eq!((claims.client_id(), claims.token_use()), ("test-client", TokenUse::Access));
    assert_eq!(claims.groups(), ["admins"]);
    assert!(claims.in_group("admins") && !claims.in_group("admin"));
    let (issued, expires): (SystemTime, SystemTime) = (claims.issued_at(), claims.expires_at());
    assert_eq!(expires.duration_since(issued)?, Duration::from_secs(3600));
    assert_eq!(claims.auth_time(), Some(issued));
    assert!(claims.jti().is_some() && claims.origin_jti().is_some() && claims.event_id().is_some());
    assert_eq!(claims.claim::<String>("custom:tenant")?.as_deref(), Some("acme"));
    assert_eq!(claims.claim::<String>("custom:none")?, None);
    assert!(claims.claim::<u8>("custom:tenant").is_err());
    let all: BTreeMap<String, serde_json::Value> = claims.deserialize()?;
    assert_eq!(all["sub"], POOL.sub_of("alice"));
    Ok(())
}

#[tokio::test]
async fn access_claims_have_scopes() -> Outcome {
    let token = POOL.machine_token("test-client").scope("orders/read orders/write").sign();
    let CognitoClaims::Access(claims) = POOL.verifier("test-client").verify(&token).await? else {
        panic!("the claims of an access token");
    };
    assert_eq!(claims.scopes(), ["orders/read", "orders/write"]);
    assert!(claims.has_scope("orders/read") && claims.is_machine());
    Ok(())
}

#[tokio::test]
async fn id_claims_say_who_signed_in() -> Outcome {
    let builder = CognitoVerifier::builder().trust(&*POOL, "test-client").token_use(TokenUse::Any);
    let token = POOL.id_token("alice").claim("nonce", "n").claim("cognito:roles", ["r"]);
    let token = token.claim("cognito:preferred_role", "r").sign();
    let CognitoClaims::Id(claims) = builder.build()?.verify(&token).await? else {
        panic!("the claims of an ID token");
    };
    assert_eq!((claims.email(), claims.email_verified()), (Some("alice@example.com"), true));
    assert_eq!((claims.roles(), claims.preferred_role()), (&["r".to_owned()][..], Some("r")));
    assert_eq!((claims.nonce(), claims.identities().len()), (Some("n"), 0));
    Ok(())
}

#[tokio::test]
async fn a_clone_of_claims_shares_their_text() -> Outcome {
    let token = POOL.access_token("alice").sign();
    let claims = POOL.verifier("test-client").verify(&token).await?;
    assert_eq!(claims.sub().as_ptr(), claims.clone().sub().as_ptr());
    Ok(())
}

#[tokio::test]
async fn a_pool_of_your_own_is_a_few_lines() {
    let pool = TestPool::start().await;
    let verifier = pool.verifier("my-client-id");
    let token = pool
        .access_token("alice")
        .client_id("my-client-id")
        .scope("orders/read")
        .groups(["admins"])
        .claim("tenant", 7)
        .expires_in(Duration::from_secs(60))
        .sign();
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(pool.jwks_requests(), 1);
    pool.rotate_keys();
    pool.set_outage(true);
    pool.set_latency(Duration::from_millis(1));
    assert!(!pool.id_token("alice").sign().is_empty());
}

#[tokio::test]
async fn an_app_client_is_made_and_used_by_these_names() -> Outcome {
    use axum_cognito::{AppClient, RenewError, Tokens};

    let pool = TestPool::start().await;
    let client = AppClient::builder(&pool, "web-client").domain(pool.domain());
    let client =
        client.secret("a-secret").keys(&pool.keys()).max_renewals_per_second(20).build()?;
    let sign_in = pool.sign_in("alice", "web-client");
    let tokens: Tokens = client.renew(sign_in.refresh_token()).await?;
    let (access, id) = (tokens.access_token(), tokens.id_token());
    assert_eq!(access.split('.').count(), 3);
    assert!(id.is_some_and(|token| token.split('.').count() == 3));
    assert_eq!(tokens.refresh_token(), sign_in.refresh_token());
    assert_eq!(tokens.access_claims().sub(), pool.sub_of("alice"));
    assert!(client.is_signed_in(access).await?);
    client.sign_out_everywhere(access).await?;
    client.revoke(tokens.refresh_token()).await?;
    // Each kind is named, and there is no other.
    match client.renew(tokens.refresh_token()).await {
        Err(RenewError::Ended) => Ok(()),
        Err(RenewError::Unavailable { retry_after }) => Err(format!("{retry_after:?}").into()),
        Err(RenewError::Misconfigured | RenewError::Verify) | Ok(_) => Err("it was ended".into()),
    }
}
