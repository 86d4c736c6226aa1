//! A handler for each extractor of claims: it answers with the user, or with `nobody`.

use axum::Router;
use axum::handler::Handler;
use axum::routing::get;
use axum_cognito::{AccessClaims, CognitoClaims, IdClaims};

/// A route of one handler, without any layer.
pub(crate) fn route<H: Handler<T, ()>, T: 'static>(handler: H) -> Router {
    Router::new().route("/", get(handler))
}

pub(crate) async fn claims(claims: CognitoClaims) -> String {
    claims.username().unwrap_or(claims.sub()).to_owned()
}

pub(crate) async fn access(claims: AccessClaims) -> String {
    claims.username().unwrap_or(claims.sub()).to_owned()
}

pub(crate) async fn id(claims: IdClaims) -> String {
    claims.username().unwrap_or(claims.sub()).to_owned()
}

pub(crate) async fn optional_claims(claims: Option<CognitoClaims>) -> String {
    claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned())
}

pub(crate) async fn optional_access(claims: Option<AccessClaims>) -> String {
    claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned())
}

pub(crate) async fn optional_id(claims: Option<IdClaims>) -> String {
    claims
        .map_or("nobody".to_owned(), |claims| claims.username().unwrap_or(claims.sub()).to_owned())
}
