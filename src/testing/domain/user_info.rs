use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::{json_response, unavailable};
use crate::testing::access::Access;
use crate::testing::backend::Backend;

const REFUSED: &str = "Bearer error=\"invalid_token\", error_description=\"Access token is expired, disabled, or \
                       deleted, or the user has globally signed out.\"";

/// `GET /oauth2/userInfo`: the attributes of the user of an access token with the scope `openid`.
///
/// Source: [The userInfo endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html).
pub(super) async fn user_info(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Response {
    if let Err(fault) = backend.faults.pass().await {
        return unavailable(fault);
    }
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    let access = token.and_then(|token| Access::of(&backend, token).ok());
    let Some(access) = access.filter(|access| access.has_scope("openid")) else {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, REFUSED)]).into_response();
    };
    let mut body: Map<String, Value> = Map::new();
    body.insert("sub".to_owned(), access.user.sub.into());
    body.insert("username".to_owned(), access.user.name.into());
    // Strings all of them, `email_verified` too.
    body.extend(access.user.attributes.into_iter().map(|(name, value)| (name, value.into())));
    json_response(StatusCode::OK, &Value::Object(body))
}
