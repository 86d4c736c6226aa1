use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::VerifyError;
use crate::sign_in::page;
use crate::sign_in::session_id::SessionId;
use crate::sign_in::sessions;
use crate::sign_in::site::Site;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// `POST /auth/sign-out`: ends the session here, its sign-in in the fleet and at Cognito, and goes
/// on to Cognito's own sign-out.
pub(super) async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let start = format!("{}/", site.address.path());
    if site.cross_site.is_forged(&Method::POST, &headers) {
        let sentence = "Another site asked to sign you out. You are still signed in.";
        return page::failed(StatusCode::FORBIDDEN, sentence, &start);
    }
    if let Some(id) = site.cookies.session(&headers)
        && end(&site, &id).await.is_err()
    {
        let sentence = "The sign-out does not work at the moment. You are still signed in.";
        let mut response = page::failed(StatusCode::SERVICE_UNAVAILABLE, sentence, &start);
        let seconds = HeaderValue::from(sessions::RETRY_AFTER.as_secs());
        response.headers_mut().insert(RETRY_AFTER, seconds);
        return response;
    }
    let cognito = site.sessions.client.logout_url(&site.signed_out_url());
    let cognito = cognito.unwrap_or_else(|| site.signed_out_url());
    // A script cannot follow a redirect to another site: it gets the address to go to.
    let by_script = headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate");
    let mut response = if by_script { address(&cognito) } else { redirect(&cognito) };
    page::protect(response.headers_mut());
    response.headers_mut().extend(site.cookies.clear_session().map(|value| (SET_COOKIE, value)));
    response
}

/// Ends a session. Only a store that fails keeps it: the rest is done as far as it can be.
async fn end(site: &Site, id: &SessionId) -> Result<(), crate::SessionStoreError> {
    let sessions = &site.sessions;
    let Some(loaded) = sessions.load(id).await? else { return Ok(()) };
    if let Some(revocations) = &sessions.revocations {
        // By the app client's own verifier, which asks no list: a list that is unavailable must not
        // keep the entry from being made.
        match sessions.client.claims(&loaded.record.access_token).await {
            Ok(claims) => {
                if let Err(error) = revocations.end_sign_in(&claims).await {
                    tracing::error!(%error, "a sign-out is not known to the other processes");
                }
            }
            // No token of the session works any more, and its refresh token is revoked below.
            Err(VerifyError::Expired) => {}
            Err(error) => tracing::error!(%error, "a sign-in was not ended in the other processes"),
        }
    }
    sessions.delete(id).await?;
    if let Err(error) = sessions.client.revoke(&loaded.record.refresh_token).await {
        tracing::warn!(%error, "the refresh token of a session was not revoked");
    }
    Ok(())
}

fn redirect(url: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let url = HeaderValue::try_from(url).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, url);
    response
}

fn address(url: &str) -> Response {
    let mut response =
        Response::new(Body::from(serde_json::json!({ "location": url }).to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
