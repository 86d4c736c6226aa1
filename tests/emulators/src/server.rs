use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    Json, Router,
    routing::{MethodRouter, get},
};
use axum_cognito::{
    AccessClaims, CognitoClaims, CognitoLayer, CognitoVerifier, IdClaims, JwksCache, TokenUse,
    UserPool,
};
use reqwest::{Client, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// An axum server on a loopback port, behind the crate's layer.
///
/// `/access` takes access tokens, `/id` ID tokens, `/any` both. Each answers with the claims that its
/// handler reads. Behind `/access/either` and `/id/either` the handler would take either kind, so the
/// layer alone refuses. The server ends with the test's runtime.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

/// The server's answer.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    challenge: String,
    body: Value,
}

impl Server {
    /// Starts a server that trusts this pool, for these app clients.
    pub async fn start(pool: UserPool, clients: &[&str]) -> Self {
        let keys = JwksCache::new(pool).expect("the key cache can be built");
        let clients: Vec<_> = clients.iter().map(ToString::to_string).collect();
        let layer = |accepted: TokenUse| {
            let verifier = CognitoVerifier::builder().trust(keys.clone(), clients.clone());
            let verifier = verifier.token_use(accepted).build();
            CognitoLayer::new(verifier.expect("the verifier can be built"))
        };
        let app = Router::new()
            .nest("/access", claims_router(get(access)).layer(layer(TokenUse::Access)))
            .nest("/id", claims_router(get(id)).layer(layer(TokenUse::Id)))
            .nest("/any", claims_router(get(any)).layer(layer(TokenUse::Any)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address }
    }

    /// Asks for this path with this bearer token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        let client = Client::builder().no_proxy().build().expect("the HTTP client can be built");
        let request = client.get(format!("http://{}{path}", self.address)).bearer_auth(token);
        let response = request.send().await.expect("the server answers");
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        Answer {
            status: response.status(),
            challenge: challenge.map_or("", |value| value.to_str().expect("it is text")).to_owned(),
            body: response.json().await.expect("every answer is JSON"),
        }
    }
}

impl Answer {
    /// The claims that the handler read.
    ///
    /// # Panics
    /// When the token was refused.
    #[track_caller]
    #[must_use]
    pub fn accepted(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "the token is accepted: {self:?}");
        self.body
    }

    /// Checks that the token was refused as invalid, with this in the description.
    ///
    /// # Panics
    /// When it was accepted, or refused for another reason.
    #[track_caller]
    pub fn refused_for(&self, reason: &str) {
        assert_eq!(self.status, StatusCode::UNAUTHORIZED, "the token is refused: {self:?}");
        assert!(self.challenge.contains(r#"error="invalid_token""#), "as invalid: {self:?}");
        assert_eq!(self.body["error"], "invalid_token", "the body says so too: {self:?}");
        let description = self.body["error_description"].as_str().unwrap_or_default();
        assert!(description.contains(reason), "because of `{reason}`: {self:?}");
        assert!(self.challenge.contains(description), "in the challenge too: {self:?}");
    }
}

fn claims_router(handler: MethodRouter) -> Router {
    Router::new().route("/", handler).route("/either", get(any))
}

async fn access(claims: AccessClaims) -> Json<Value> {
    Json(json!({
        "sub": claims.sub(),
        "username": claims.username(),
        "client_id": claims.client_id(),
        "user_pool_id": claims.user_pool_id(),
        "groups": claims.groups(),
        "scopes": claims.scopes(),
        "machine": claims.is_machine(),
    }))
}

async fn id(claims: IdClaims) -> Json<Value> {
    Json(json!({
        "sub": claims.sub(),
        "username": claims.username(),
        "client_id": claims.client_id(),
        "groups": claims.groups(),
        "email": claims.email(),
        "email_verified": claims.email_verified(),
        "tenant": claims.claim::<String>("custom:tenant").expect("the attribute is a string"),
        "nonce": claims.nonce(),
    }))
}

async fn any(claims: CognitoClaims) -> Json<Value> {
    Json(json!({ "sub": claims.sub(), "username": claims.username() }))
}
