use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::backend::Backend;
use super::{api, domain};

/// All that a pool answers, at Cognito's paths: its JWKS and its discovery document, its domain,
/// and the API.
pub(super) fn of_pool(backend: &Arc<Backend>) -> Router {
    let well_known = format!("/{}/.well-known", backend.pool.id());
    Router::new()
        .route(&format!("{well_known}/jwks.json"), get(jwks))
        .route(&format!("{well_known}/openid-configuration"), get(discovery))
        .route("/", post(api::call))
        .with_state(Arc::clone(backend))
        .merge(domain::routes(backend))
}

async fn jwks(State(backend): State<Arc<Backend>>) -> Response {
    match backend.endpoint.answer().await {
        Some(jwks) => ([(header::CONTENT_TYPE, "application/json")], jwks).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The members that Cognito has (OpenID Connect Discovery §3).
async fn discovery(State(backend): State<Arc<Backend>>) -> Response {
    let (domain, issuer) = (backend.base_url(), backend.pool.issuers().first());
    let body = json!({
        "authorization_endpoint": format!("{domain}/oauth2/authorize"),
        "end_session_endpoint": format!("{domain}/logout"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": backend.jwks_url(),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{domain}/oauth2/revoke"),
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{domain}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": format!("{domain}/oauth2/userInfo"),
    });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
