use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};

use super::page::{error_address, redirect};
use super::params::Params;
use crate::testing::backend::Backend;
use crate::testing::browser::Browser;

/// `GET /logout`: forgets that the browser is signed in. Tokens stay as they are.
///
/// Source: [The managed login sign-out endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html).
pub(super) async fn logout(
    State(backend): State<Arc<Backend>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(uri.query().unwrap_or_default().as_bytes());
    let id = params.get("client_id").unwrap_or_default();
    let Some(client) = backend.directory().client(id) else {
        return redirect(&error_address("Client does not exist.", id));
    };
    let target = match (params.get("logout_uri"), params.get("redirect_uri")) {
        (Some(url), _) if client.allows_logout(url) => url.to_owned(),
        // Signs out, and in again as somebody else.
        (None, Some(url)) if client.allows_callback(url) => {
            format!("/login?{}", params.encode())
        }
        (Some(_), _) | (None, Some(_)) => return redirect(&error_address("redirect_mismatch", id)),
        (None, None) => {
            return redirect(&error_address("Required parameter logout_uri is missing.", id));
        }
    };
    let forgotten = Browser::forget(&backend, &headers);
    ([(header::SET_COOKIE, forgotten)], redirect(&target)).into_response()
}
