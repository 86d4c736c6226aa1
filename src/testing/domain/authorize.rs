use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::page::{self, redirect};
use super::params::{Params, with_query};
use crate::testing::backend::Backend;
use crate::testing::browser::Browser;
use crate::testing::client::{ClientKind, TestClient};
use crate::testing::sessions::{CodeGrant, SignIn, SignedInBy};

/// An authorization request that may be answered at its `redirect_uri`.
struct Request {
    client: TestClient,
    redirect_uri: String,
    params: Params,
}

/// `GET /oauth2/authorize`: signs in whom the test says, or who is signed in already, or asks.
///
/// Source: [The redirect and authorization endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html).
pub(super) async fn authorize(
    State(backend): State<Arc<Backend>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    backend.counters.count_authorize();
    let request = match Request::read(&backend, uri.query().unwrap_or_default()) {
        Ok(request) => request,
        Err(error_page) => return redirect(&error_page),
    };
    if let Some((error, description)) = request.error() {
        return request.refuse(error, description);
    }
    let now = backend.now();
    let chosen = backend.directory().sign_in_as.clone();
    if let Some(username) = chosen {
        return request.sign_in(&backend, &username, now);
    }
    if let Some(browser) = Browser::of(&backend, &headers).filter(|it| request.accepts(it, now)) {
        return request.sign_in(&backend, &browser.username, browser.auth_time);
    }
    if request.params.get("prompt") == Some("none") {
        return request.refuse("login_required", "The user has to sign in.");
    }
    redirect(&format!("/login?{}", request.params.encode()))
}

/// `GET /login`: the page with a button for each user.
pub(super) async fn login(State(backend): State<Arc<Backend>>, uri: Uri) -> Response {
    match Request::read(&backend, uri.query().unwrap_or_default()) {
        Ok(request) => request.page(&backend, None),
        Err(error_page) => redirect(&error_page),
    }
}

/// `POST /login`: somebody has pressed a button of the page.
pub(super) async fn choose(State(backend): State<Arc<Backend>>, uri: Uri, body: Bytes) -> Response {
    let request = match Request::read(&backend, uri.query().unwrap_or_default()) {
        Ok(request) => request,
        Err(error_page) => return redirect(&error_page),
    };
    if let Some((error, description)) = request.error() {
        return request.refuse(error, description);
    }
    match Params::parse(&body).get("username") {
        Some(username) => request.sign_in(&backend, username, backend.now()),
        None => request.page(&backend, Some("Choose a user.")),
    }
}

impl Request {
    /// The request of a query, or the address of the error page: nobody is sent to an unknown
    /// client or to another callback address.
    fn read(backend: &Backend, query: &str) -> Result<Self, String> {
        let params = Params::parse(query.as_bytes());
        let id = params.get("client_id").unwrap_or_default().to_owned();
        let Some(client) = backend.directory().client(&id) else {
            return Err(page::error_address("Client does not exist.", &id));
        };
        match params.get("redirect_uri").map(str::to_owned) {
            Some(redirect_uri) if client.allows_callback(&redirect_uri) => {
                Ok(Self { client, redirect_uri, params })
            }
            Some(_) => Err(page::error_address("redirect_mismatch", &id)),
            None => Err(page::error_address("Required parameter redirect_uri is missing.", &id)),
        }
    }

    /// What is wrong with the request, for the client.
    fn error(&self) -> Option<(&'static str, &'static str)> {
        let get = |name| self.params.get(name);
        if self.params.has_duplicates() {
            return Some(("invalid_request", "A parameter is there twice."));
        }
        match get("response_type") {
            Some("code") => {}
            Some(_) => return Some(("unsupported_response_type", "response_type should be code.")),
            None => return Some(("invalid_request", "response_type is missing.")),
        }
        if self.client.kind == ClientKind::Machine {
            return Some(("unauthorized_client", "The client has no authorization code grant."));
        }
        match (get("code_challenge"), get("code_challenge_method")) {
            (None, None) | (Some(_), Some("S256")) => {}
            (Some(_), _) => {
                return Some(("invalid_request", "code_challenge_method should be S256."));
            }
            (None, Some(_)) => return Some(("invalid_request", "code_challenge is missing.")),
        }
        if get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Some(("invalid_request", "max_age should be a number of seconds."));
        }
        let allowed = |scope| self.client.allows_scope(scope);
        match get("scope") {
            Some(scopes) if !scopes.split(' ').all(allowed) => {
                Some(("invalid_scope", "invalid_scope"))
            }
            Some(_) | None => None,
        }
    }

    /// Whether somebody who signed in before need not do so again.
    fn accepts(&self, browser: &Browser, now: Duration) -> bool {
        let max_age = self.params.get("max_age").and_then(|age| age.parse().ok());
        let is_fresh = max_age.is_none_or(|age| {
            age > 0 && now.saturating_sub(browser.auth_time) <= Duration::from_secs(age)
        });
        let asks = self.params.get("prompt").is_some_and(|prompt| prompt.contains("login"));
        is_fresh && !asks
    }

    /// Sends the browser back with a code, and keeps it signed in.
    fn sign_in(self, backend: &Arc<Backend>, username: &str, auth_time: Duration) -> Response {
        let refusal = match backend.directory().user(username) {
            None => Some("User does not exist."),
            Some(user) if !user.enabled => Some("User is disabled."),
            Some(_) => None,
        };
        if refusal.is_some() {
            return self.page(backend, refusal);
        }
        let own = |name| self.params.get(name).map(str::to_owned);
        let sign_in = SignIn {
            username: username.to_owned(),
            client_id: self.client.id.clone(),
            scope: own("scope").unwrap_or_else(|| self.client.default_scope()),
            signed_in_by: SignedInBy::Domain,
            auth_time,
            resource: own("resource"),
            acr: own("acr_values").and_then(|acr| acr.split(' ').next().map(str::to_owned)),
        };
        let grant = CodeGrant {
            sign_in,
            redirect_uri: self.redirect_uri.clone(),
            code_challenge: own("code_challenge"),
            nonce: own("nonce"),
        };
        let code = backend.directory().sessions.issue_code(grant, backend.now());
        let cookie = Browser { username: username.to_owned(), auth_time }.keep(backend);
        let response = self.back(&[("code", code.as_str())]);
        ([(header::SET_COOKIE, cookie)], response).into_response()
    }

    fn refuse(&self, error: &str, description: &str) -> Response {
        self.back(&[("error", error), ("error_description", description)])
    }

    /// Back to the client, with the `state` of the request.
    fn back(&self, params: &[(&str, &str)]) -> Response {
        let state = self.params.get("state").map(|state| ("state", state));
        let params: Vec<_> = params.iter().copied().chain(state).collect();
        redirect(&with_query(&self.redirect_uri, &params))
    }

    fn page(&self, backend: &Backend, problem: Option<&str>) -> Response {
        let users: Vec<String> =
            backend.directory().users().map(|user| user.profile.name.clone()).collect();
        let hint = self.params.get("login_hint").unwrap_or_default();
        let html = page::sign_in(&self.params.encode(), &users, hint, problem);
        page::html(StatusCode::OK, html)
    }
}
