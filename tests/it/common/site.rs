//! A router that refuses in every way, and what all its refusals have in common.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoClaims, CognitoLayer, CognitoVerifier, FetchJwks, IdClaims, JwksCache,
    JwksError, JwksRequest, JwksResponse, Require, TokenUse,
};
use http::Response;
use serde_json::{Value, json};

use super::transports;

pub(crate) static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

pub(crate) const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";

/// A source of keys that is out.
struct Out;

impl FetchJwks for Out {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Err(JwksError::Status(503))
    }
}

fn layer(keys: JwksCache, token_use: TokenUse) -> CognitoLayer {
    let builder = CognitoVerifier::builder().trust(keys, "test-client").clock(POOL.clock());
    let verifier = builder.token_use(token_use).max_token_age(Duration::from_secs(7200));
    let verifier = verifier.check(|claims| {
        if claims.username() == Some("mallory") { Err("mallory is out".to_owned()) } else { Ok(()) }
    });
    let layer = CognitoLayer::new(verifier.build().expect("settings that can be"));
    layer.realm("orders").resource_metadata(METADATA)
}

/// Every way to be refused.
fn app() -> Router {
    let inside = || get(async || "in");
    let out = JwksCache::builder(POOL.user_pool()).fetcher(Out).clock(POOL.clock()).build();
    let out = layer(out.expect("settings that can be"), TokenUse::Access);
    let any = layer(POOL.keys(), TokenUse::Any);
    Router::new()
        .route("/scope", inside().layer(Require::scope("orders/read")))
        .route("/scopes", inside().layer(Require::any_scope(["orders/read", "orders/write"])))
        .route("/group", inside().layer(Require::group("admins")))
        .route(
            "/predicate",
            inside().layer(Require::when(|claims| claims.username() == Some("bob"))),
        )
        .route("/", inside())
        .layer(layer(POOL.keys(), TokenUse::Access))
        .route("/only-id", inside().layer(layer(POOL.keys(), TokenUse::Id)))
        .route("/access", get(async |_: AccessClaims| "in").layer(any.clone()))
        .route("/id", get(async |_: IdClaims| "in").layer(any.clone()))
        .route("/optional", get(async |_: CognitoClaims| "in").layer(any.clone().optional()))
        .route(
            "/optional-group",
            inside().layer::<_, Infallible>(Require::group("a")).layer(any.optional()),
        )
        .route("/out", inside().layer(out))
        .route("/bare", get(async |_: CognitoClaims| "in"))
        .route("/bare-group", inside().layer(Require::group("admins")))
}

/// The one line of a header.
pub(crate) fn header<'a>(answer: &'a Response<Value>, name: &str) -> Option<&'a str> {
    let mut lines = answer.headers().get_all(name).iter();
    let line = lines.next().map(|line| line.to_str().expect("text"));
    assert_eq!(lines.next(), None, "{name} stands there twice");
    line
}

/// Asks over every transport, and compares what is the same for all refusals.
pub(crate) async fn ask<V: AsRef<[u8]>>(
    path: &str,
    lines: &[V],
    status: u16,
    [error, description]: [&str; 2],
) -> [Response<Value>; 3] {
    let answers = transports::ask(app(), path, lines).await;
    for answer in &answers {
        assert_eq!(answer.status(), status, "{}", answer.body());
        let reason = answer.body()["reason"].as_str().expect("a reason");
        let body = json!({ "error": error, "error_description": description, "reason": reason });
        assert_eq!(*answer.body(), body);
        assert_eq!(header(answer, "content-type"), Some("application/json"));
        assert_eq!(header(answer, "cache-control"), Some("no-store"));
        assert_eq!(header(answer, "retry-after").is_some(), status == 503);
    }
    answers
}
