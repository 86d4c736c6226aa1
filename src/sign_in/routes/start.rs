use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::rejection::Needed;
use crate::sign_in::attempt::{Attempt, is_acr};
use crate::sign_in::destination::Destination;
use crate::sign_in::page;
use crate::sign_in::query::Query;
use crate::sign_in::site::Site;

/// `GET /auth/sign-in`: sends the browser to Cognito, with all that the way back needs in a cookie.
pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some((to, needed)) = read(&site, query.as_deref().unwrap_or_default()) else {
        let again = site.sign_in_path(None, &Needed::default());
        let sentence = "The link to this sign-in is not one of this application.";
        return page::failed(StatusCode::BAD_REQUEST, sentence, &again);
    };
    match begin(&site, &headers, &to, needed) {
        Some(response) => response,
        None => {
            tracing::error!("a sign-in cannot begin: no random numbers, or a wrong setting");
            let sentence = "The sign-in does not work at the moment.";
            page::failed(StatusCode::INTERNAL_SERVER_ERROR, sentence, to.as_str())
        }
    }
}

/// Where to go afterwards, and what the sign-in must be; `None` if one of them cannot be.
fn read(site: &Site, query: &str) -> Option<(Destination, Needed)> {
    let query = Query::parse(query);
    let to = match query.single("to")? {
        Some(to) => site.destination(to)?,
        None => Destination::start(&site.address),
    };
    let max_age = query.single("max_age")?.map(str::parse).transpose().ok()?;
    let acr_values = query.single("acr_values")?;
    if acr_values.is_some_and(|levels| !is_acr(levels)) {
        return None;
    }
    Some((to, Needed { max_age, acr_values: acr_values.map(Into::into) }))
}

fn begin(site: &Site, headers: &HeaderMap, to: &Destination, needed: Needed) -> Option<Response> {
    let max_age = needed.max_age.map(|seconds| seconds.to_string());
    let acr_values = needed.acr_values.clone();
    let replaced = site.cookies.session(headers);
    let attempt = Attempt::begin(site.sessions.now(), to, needed, replaced)?;
    let (callback, state) = (site.callback_url(), attempt.state());
    let (nonce, challenge) = (attempt.nonce(), attempt.challenge());
    let mut parameters = vec![
        ("redirect_uri", callback.as_str()),
        ("scope", &site.scopes),
        ("state", state.as_str()),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend(max_age.as_deref().map(|seconds| ("max_age", seconds)));
    parameters.extend(acr_values.as_deref().map(|levels| ("acr_values", levels)));
    let url = site.sessions.client.authorize_url(&parameters)?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    page::protect(response.headers_mut());
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(url).ok()?);
    for cookie in site.cookies.set_attempt(headers, &attempt) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Some(response)
}
