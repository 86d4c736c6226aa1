use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::OriginalUri;
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderName, LOCATION, SET_COOKIE,
    WWW_AUTHENTICATE,
};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use tower_layer::Layer;
use tower_service::Service;

use super::destination::Destination;
use super::session::{Seen, Session};
use super::sessions::{Found, RETRY_AFTER, Unavailable};
use super::site::Site;
use crate::rejection::{Cause, Needed, Rejection};
use crate::{CognitoClaims, RejectionKind, TokenSource, token};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// What a browser shows while the store or Cognito is down. The user is still signed in.
const UNAVAILABLE_PAGE: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Please try again\
    </title></head><body><main><h1>Please try again</h1><p>Your sign-in cannot be checked at the \
    moment. You are still signed in.</p><p><a href=\"\">Try again</a></p></main></body></html>";

/// The layer that turns the cookie of a session into claims: from
/// [`SignIn::layer`](crate::SignIn::layer).
#[derive(Clone, Debug)]
#[must_use]
pub struct SignInLayer {
    site: Arc<Site>,
    is_optional: bool,
}

impl SignInLayer {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site, is_optional: false }
    }

    /// Lets a request without a session through, without claims, as a public page needs it.
    ///
    /// A handler that asks for [`CognitoClaims`] or [`Session`] itself still has the browser sent to
    /// the sign-in; with `Option<…>` it serves both.
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }
}

impl<S> Layer<S> for SignInLayer {
    type Service = SignInService<S>;

    fn layer(&self, inner: S) -> SignInService<S> {
        SignInService { inner, layer: self.clone() }
    }
}

/// The service of [`SignInLayer`].
#[derive(Clone)]
pub struct SignInService<S> {
    inner: S,
    layer: SignInLayer,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SignInService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Future: Send>
        + Clone
        + Send
        + 'static,
    ReqBody: Send + 'static,
    ResBody: From<&'static str>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResBody>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // `poll_ready` may have reserved a permit (`ConcurrencyLimit`, `Buffer`). Dropping the ready
        // service releases it: the session may have to be waited for.
        self.inner = self.inner.clone();
        let mut inner = self.inner.clone();
        let layer = self.layer.clone();
        Box::pin(async move {
            let site = &layer.site;
            token::mark_sensitive(request.headers_mut(), &COOKIE);
            TokenSource::bearer().mark_sensitive(request.headers_mut());
            let extensions = request.extensions_mut();
            // Drop claims that an outer layer inserted: inside this layer only its own decision counts.
            extensions.remove::<CognitoClaims>();
            extensions.remove::<Session>();
            extensions.remove::<token::Kept>();
            extensions.insert(site.challenge.clone());
            extensions.insert(Seen);
            let navigation = Navigation::of(site, &request);
            let session = match layer.authenticate(request.method(), request.headers()).await {
                Ok(found) => found.insert(request.extensions_mut()),
                Err(rejection) => return Ok(refuse(site, navigation.as_ref(), rejection)),
            };
            poll_fn(|context| inner.poll_ready(context)).await?;
            let response = inner.call(request).await?;
            Ok(finish(site, navigation.as_ref(), session, response))
        })
    }
}

/// Who a request comes from.
enum Caller {
    Nobody,
    Bearer(CognitoClaims),
    Session(Session),
}

impl Caller {
    /// Tells the handlers, and returns the session.
    fn insert(self, extensions: &mut Extensions) -> Option<Session> {
        match self {
            Self::Nobody => None,
            Self::Bearer(claims) => {
                extensions.insert(claims);
                None
            }
            Self::Session(session) => {
                extensions.insert(session.claims().clone());
                extensions.insert(token::Kept(session.token()));
                extensions.insert(session.clone());
                Some(session)
            }
        }
    }
}

impl SignInLayer {
    async fn authenticate(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Caller, Rejection> {
        let site = &self.site;
        if let Some(token) = token::find(site.challenge.sources(), headers) {
            let token = token.map_err(|bad| self.reject(Cause::Credentials(bad)))?;
            let claims = site.sessions.verifier.verify(token).await;
            return claims.map(Caller::Bearer).map_err(|error| self.reject(Cause::Token(error)));
        }
        let Some(id) = site.cookies.session(headers) else { return self.nobody(None) };
        if site.cross_site.is_forged(method, headers) {
            return Err(self.reject(Cause::CrossSite));
        }
        match site.sessions.find(&id, true).await {
            Found::Session(active) => {
                Ok(Caller::Session(Session::new(Arc::clone(&site.sessions), active)))
            }
            Found::None(error) => self.nobody(error.map(Cause::Token)),
            Found::Unavailable(Unavailable::Verifier(error)) => {
                Err(self.reject(Cause::Token(error)))
            }
            Found::Unavailable(Unavailable::Session(retry_after)) => {
                Err(self.reject(Cause::SessionUnavailable { retry_after }))
            }
        }
    }

    fn nobody(&self, cause: Option<Cause>) -> Result<Caller, Rejection> {
        if self.is_optional {
            return Ok(Caller::Nobody);
        }
        Err(self.reject(cause.unwrap_or(Cause::NoToken)))
    }

    fn reject(&self, cause: Cause) -> Rejection {
        let rejection = Rejection::new(cause, self.site.challenge.clone());
        tracing::debug!(%rejection, "refused a request");
        rejection
    }
}

/// A page that a browser goes to, and that a sign-in can come back to.
struct Navigation {
    /// As the browser sees it; `None` if it is too long, or none to come back to.
    page: Option<Destination>,
}

impl Navigation {
    fn of<B>(site: &Site, request: &Request<B>) -> Option<Self> {
        let headers = request.headers();
        let is = |name, value: &str| headers.get(name).map(|own| own == value);
        let is_document = match (is(SEC_FETCH_MODE, "navigate"), is(SEC_FETCH_DEST, "document")) {
            (Some(navigates), document) => navigates && document.unwrap_or(true),
            // A browser that is old, or that takes this for an unsafe connection.
            (None, _) => {
                let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
                accept.is_some_and(|accept| accept.contains("text/html"))
            }
        };
        // A program with a token of its own wants an answer, not a page.
        let is_program = site.takes_bearer && headers.contains_key(AUTHORIZATION);
        if request.method() != Method::GET || !is_document || is_program {
            return None;
        }
        let original = request.extensions().get::<OriginalUri>().map(|OriginalUri(uri)| uri);
        Some(Self { page: seen_path(site, original.unwrap_or(request.uri())) })
    }
}

/// The path of a request as its browser sees it. A proxy, or a router that the application is nested
/// in, may have taken the application's own path away.
fn seen_path(site: &Site, uri: &Uri) -> Option<Destination> {
    let text = uri.path_and_query()?.as_str();
    let base = site.address.path();
    let behind =
        text.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    match behind {
        Some(_) => site.destination(text),
        None => site.destination(&format!("{base}{text}")),
    }
}

/// The answer to a request that does not reach the handlers.
fn refuse<B: From<&'static str>>(
    site: &Site,
    navigation: Option<&Navigation>,
    rejection: Rejection,
) -> Response<B> {
    match (navigation, needed(&rejection)) {
        (Some(navigation), Some(needed)) => redirect(site, navigation, &needed),
        (Some(_), None) if rejection.status() == StatusCode::SERVICE_UNAVAILABLE => {
            let mut response = Response::new(B::from(UNAVAILABLE_PAGE));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            *response.headers_mut() = rejection.headers();
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html);
            rejection.complete(response)
        }
        (Some(_) | None, _) => {
            let response = rejection.to_response();
            rejection.complete(response)
        }
    }
}

/// What the handlers answered, as the browser gets it.
fn finish<B: From<&'static str>>(
    site: &Site,
    navigation: Option<&Navigation>,
    session: Option<Session>,
    mut response: Response<B>,
) -> Response<B> {
    if let Some(needed) = answer_inner(site, session.is_some(), &mut response)
        && let Some(navigation) = navigation
    {
        return redirect(site, navigation, &needed);
    }
    let Some(session) = session else { return response };
    if session.has_failed() {
        let cause = Cause::SessionUnavailable { retry_after: RETRY_AFTER };
        let rejection = Rejection::new(cause, site.challenge.clone());
        let response = rejection.to_response();
        return rejection.complete(response);
    }
    // A page of a user is for no cache, nor for the button "back" after a sign-out.
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(CACHE_CONTROL).or_insert(no_store);
    if session.is_signed_out() {
        response
            .headers_mut()
            .extend(site.cookies.clear_session().map(|value| (SET_COOKIE, value)));
    }
    response
}

/// Gives a refusal by `Require`, an extractor or a handler this layer's challenge. Returns what a
/// sign-in must be that would let the request in; `None` if it is no refusal, or none would.
fn answer_inner<B>(site: &Site, has_session: bool, response: &mut Response<B>) -> Option<Needed> {
    let status = response.status();
    let rejection = response.extensions_mut().get_mut::<Rejection>()?;
    if rejection.is_answered() {
        return None;
    }
    rejection.mark_answered();
    if rejection.status() != status {
        // Changed on purpose, to hide that something is there or to answer otherwise.
        return None;
    }
    tracing::debug!(%rejection, "refused a request");
    let challenge = rejection.complete_challenge(&site.challenge);
    let rejection = rejection.clone();
    if let Some(challenge) = challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    // A session that a handler refuses would come back from a new sign-in as it is, again and again.
    let would_help = match rejection.kind() {
        RejectionKind::InsufficientAuthentication => true,
        kind => kind == RejectionKind::MissingToken && !has_session,
    };
    if would_help { needed(&rejection) } else { None }
}

/// What a new sign-in must be to let the request in; `None` if none would.
fn needed(rejection: &Rejection) -> Option<Needed> {
    match rejection.kind() {
        RejectionKind::InsufficientAuthentication => rejection.needed_sign_in().cloned(),
        RejectionKind::MissingToken | RejectionKind::ExpiredToken | RejectionKind::InvalidToken => {
            Some(Needed::default())
        }
        // Cognito may know the browser by the very sign-in that was ended.
        RejectionKind::Ended => Some(Needed { max_age: Some(0), acr_values: None }),
        RejectionKind::MalformedCredentials
        | RejectionKind::InsufficientScope
        | RejectionKind::Forbidden
        | RejectionKind::KeysUnavailable
        | RejectionKind::RevocationsUnavailable
        | RejectionKind::SessionUnavailable
        | RejectionKind::CrossSite
        | RejectionKind::MissingLayer => None,
    }
}

fn redirect<B: From<&'static str>>(
    site: &Site,
    navigation: &Navigation,
    needed: &Needed,
) -> Response<B> {
    let mut response = Response::new(B::from(""));
    *response.status_mut() = StatusCode::SEE_OTHER;
    let path = site.sign_in_path(navigation.page.as_ref(), needed);
    // A path of visible ASCII is a header's value.
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<S: fmt::Debug> fmt::Debug for SignInService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
