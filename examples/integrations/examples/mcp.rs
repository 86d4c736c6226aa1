//! A server of the Model Context Protocol on 127.0.0.1:3000: its clients find the sign-in by themselves.
//!
//! ```sh
//! cargo run -p integrations --example mcp
//! ```
//!
//! Give a client the URL `http://127.0.0.1:3000/mcp` and the client id `mcp-client`. The first 401
//! names the metadata of the resource (RFC 9728), they name the pool's issuer, its configuration
//! names the endpoints for sign-in, and the token that comes back is bound to this server (RFC
//! 8707). The pool is a `TestPool`; what stands in for Cognito signs `alice` in without asking.
//! `PORT` chooses another port.
//!
//! With a pool of your own, [`app`] is all that you need: give it an https URL, or one of
//! `http://localhost`, make that the identifier of a resource server of the pool with the scope
//! `tools`, and allow the app client that scope and the client's callback URL.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::fill;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoLayer, CognitoVerifier, ConfigError, ProtectedResource, Require, UserPool,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "mcp-client";

/// The server at this URL: it takes tokens of this pool, for this client and this resource alone.
pub(crate) fn app(url: &str, pool: UserPool, client_id: &str) -> Result<Router, ConfigError> {
    let tools = format!("{url}/tools");
    let resource = ProtectedResource::builder(url)
        .scopes_supported([&tools])
        .resource_name("Who am I?")
        .build()?;
    let verifier = CognitoVerifier::builder()
        .trust(pool, client_id)
        .audience(resource.identifier())
        .build()?;
    let routes = Router::new().route("/mcp", post(mcp)).route_layer(Require::scope(tools));
    resource.protect(routes, CognitoLayer::new(verifier))
}

/// One message of the protocol, over its streamable HTTP: JSON in, JSON out.
async fn mcp(claims: AccessClaims, Json(message): Json<Value>) -> Response {
    // A notification has no id, and no answer.
    let Some(id) = message.get("id") else { return StatusCode::ACCEPTED.into_response() };
    let answer = match message["method"].as_str().unwrap_or_default() {
        "initialize" => Ok(json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "whoami", "version": "1.0.0" },
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": [{
            "name": "whoami",
            "description": "Says who is signed in.",
            "inputSchema": { "type": "object", "properties": {} },
        }] })),
        "tools/call" if message["params"]["name"] == "whoami" => {
            let who = claims.username().unwrap_or(claims.sub());
            let text = format!("{who}, with the scopes {:?}", claims.scopes());
            Ok(json!({ "content": [{ "type": "text", "text": text }] }))
        }
        "tools/call" => Err(json!({ "code": -32602, "message": "there is no such tool" })),
        _ => Err(json!({ "code": -32601, "message": "there is no such method" })),
    };
    let (name, value) = match answer {
        Ok(result) => ("result", result),
        Err(error) => ("error", error),
    };
    Json(json!({ "jsonrpc": "2.0", "id": id, name: value })).into_response()
}

/// What stands in for Cognito: a pool's issuer and its domain, both at the server's own address.
struct Domain {
    pool: TestPool,
    issuer: String,
    url: String,
    /// What was asked for under each code that is not redeemed yet.
    granted: Mutex<HashMap<String, Parameters>>,
}

type Parameters = HashMap<String, String>;
type Refusal = (StatusCode, &'static str);

impl Domain {
    fn new(url: &str, pool: TestPool) -> Self {
        let issuer = format!("{url}/{}", pool.user_pool().id());
        Self { pool, issuer, url: url.to_owned(), granted: Mutex::default() }
    }

    /// The pool, with an issuer that clients reach on this machine.
    fn user_pool(&self) -> Result<UserPool, ConfigError> {
        UserPool::new(self.pool.user_pool().id())?.with_issuer(&self.issuer)
    }

    fn router(self) -> Router {
        let well_known = format!("/{}/.well-known", self.pool.user_pool().id());
        Router::new()
            .route(&format!("{well_known}/openid-configuration"), get(configuration))
            .route(&format!("{well_known}/jwks.json"), get(jwks))
            .route("/oauth2/authorize", get(authorize))
            .route("/oauth2/token", post(token))
            .with_state(Arc::new(self))
    }

    fn granted(&self) -> MutexGuard<'_, HashMap<String, Parameters>> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The members that the document of a pool has; of its endpoints, the two for sign-in are here.
///
/// Like a pool's it has no `registration_endpoint`, and no `code_challenge_methods_supported`.
async fn configuration(State(domain): State<Arc<Domain>>) -> Json<Value> {
    let Domain { issuer, url, .. } = &*domain;
    Json(json!({
        "authorization_endpoint": format!("{url}/oauth2/authorize"),
        "end_session_endpoint": format!("{url}/logout"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{url}/oauth2/revoke"),
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{url}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": format!("{url}/oauth2/userInfo"),
    }))
}

async fn jwks(State(domain): State<Arc<Domain>>) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "application/json")], domain.pool.jwks())
}

/// Signs alice in without asking, and sends her back with a code.
async fn authorize(
    State(domain): State<Arc<Domain>>,
    Query(asked): Query<Parameters>,
) -> Result<Redirect, Refusal> {
    let refuse = |reason| (StatusCode::BAD_REQUEST, reason);
    let value = |name| asked.get(name).map(String::as_str).unwrap_or_default();
    let back = value("redirect_uri");
    if value("client_id") != CLIENT_ID || !back.starts_with("http://localhost:") {
        return Err(refuse("unknown client or callback URL"));
    }
    if value("response_type") != "code" || value("code_challenge_method") != "S256" {
        return Err(refuse("only a code with PKCE is given here"));
    }
    let mut random = [0; 16];
    fill(&mut random).map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "no random numbers"))?;
    let code = URL_SAFE_NO_PAD.encode(random);
    let parameters = [("code", code.as_str()), ("state", value("state"))];
    let back = Url::parse_with_params(back, parameters).map_err(|_| refuse("no callback URL"))?;
    domain.granted().insert(code, asked);
    Ok(Redirect::to(back.as_str()))
}

/// Gives an access token for a code, once, to whoever knows the secret behind its challenge.
async fn token(
    State(domain): State<Arc<Domain>>,
    Form(form): Form<Parameters>,
) -> Result<Json<Value>, Refusal> {
    let refusal = (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#);
    let asked = form.get("code").and_then(|code| domain.granted().remove(code)).ok_or(refusal)?;
    let verifier = form.get("code_verifier").ok_or(refusal)?;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let is_same =
        ["client_id", "redirect_uri"].iter().all(|name| asked.get(*name) == form.get(*name));
    if asked.get("code_challenge") != Some(&challenge) || !is_same {
        return Err(refusal);
    }
    let scope = asked.get("scope").map_or("", String::as_str);
    let token = domain.pool.access_token("alice").client_id(CLIENT_ID).scope(scope);
    let token = token.claim("iss", &domain.issuer);
    let token = match asked.get("resource") {
        Some(resource) => token.claim("aud", resource),
        None => token,
    };
    Ok(Json(json!({ "access_token": token.sign(), "token_type": "Bearer", "expires_in": 3600 })))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let domain = Domain::new(&url, TestPool::offline());
    let app = app(&format!("{url}/mcp"), domain.user_pool()?, CLIENT_ID)?;
    println!("curl -i -X POST {url}/mcp");
    println!("curl {url}/.well-known/oauth-protected-resource/mcp");
    println!("Listening on {url}/mcp until Ctrl-C. Client id: {CLIENT_ID}");
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("no signal handler: {error}");
        }
    };
    let app = app.merge(domain.router());
    Ok(axum::serve(listener, app).with_graceful_shutdown(interrupt).await?)
}
