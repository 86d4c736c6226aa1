use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State as AppState};
use axum::response::Response;
use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::clock::since_epoch;
use crate::rejection::Needed;
use crate::sign_in::attempt::{Attempt, State};
use crate::sign_in::page;
use crate::sign_in::query::Query;
use crate::sign_in::session_id::SessionId;
use crate::sign_in::site::Site;
use crate::{CognitoClaims, RenewError, Tokens, VerifyError};

/// How old a sign-in may be that had to be made at once: the way back takes a moment.
const AUTH_TIME_SLACK: Duration = Duration::from_secs(60);

/// Why no session began.
#[derive(Clone, Copy)]
enum Failure {
    /// No sign-in of this browser.
    Foreign,
    TooLate,
    /// Cognito, or the user there, says no.
    Denied,
    /// The code is used, or older than five minutes.
    Code,
    /// What came back is not accepted.
    Refused,
    /// Cognito reused a sign-in that was ended here: only a new one will do.
    Ended,
    /// The user signed in, but not as it was needed.
    NotFresh,
    NotNow(Duration),
    Misconfigured,
}

/// `GET /auth/callback`: the browser comes back from Cognito, with a code for tokens.
pub(super) async fn callback(
    AppState(site): AppState<Arc<Site>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let state = query.single("state").flatten().and_then(State::parse);
    let Some(state) = state else { return failed(&site, None, Failure::Foreign) };
    let attempt = site.cookies.attempt(&headers, &state);
    let mut response = match &attempt {
        None => failed(&site, None, Failure::Foreign),
        Some(attempt) => match complete(&site, attempt, &query).await {
            Ok(id) => signed_in(&site, attempt, &id),
            Err(failure) => failed(&site, Some(attempt), failure),
        },
    };
    // Once, whatever came of it.
    if let Some(cookie) = attempt.and_then(|_| site.cookies.clear_attempt(&state)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// All that a callback must meet (OpenID Connect Core §3.1.3.7, RFC 9700 §2.1), and a new session.
async fn complete(site: &Site, attempt: &Attempt, query: &Query) -> Result<SessionId, Failure> {
    if attempt.is_over(site.sessions.now()) {
        return Err(Failure::TooLate);
    }
    if let Some(error) = query.single("error").ok_or(Failure::Foreign)? {
        return Err(denied(error, query));
    }
    let code = query.single("code").flatten().ok_or(Failure::Foreign)?;
    let sessions = &site.sessions;
    let tokens =
        sessions.client.exchange_code(code, &site.callback_url(), &attempt.verifier()).await;
    let tokens = tokens.map_err(|error| match error {
        RenewError::Ended => Failure::Code,
        RenewError::Unavailable { retry_after } => Failure::NotNow(retry_after),
        RenewError::Misconfigured => Failure::Misconfigured,
        RenewError::Verify => Failure::Refused,
    })?;
    // The access and the ID token were verified, and are one user's, before they came here.
    let nonce = tokens.id_claims().and_then(|claims| claims.nonce());
    if !attempt.has_nonce(nonce) {
        tracing::error!("the ID token of a sign-in does not have the nonce of its request");
        return Err(Failure::Refused);
    }
    let claims = accepted(site, &tokens).await?;
    if !is_as_needed(&claims, &attempt.needed, sessions.now()) {
        tracing::warn!("Cognito did not ask for the sign-in that a page needs");
        return Err(Failure::NotFresh);
    }
    let id = sessions.begin(&tokens).await.map_err(|error| {
        tracing::error!(%error, "a session cannot begin");
        Failure::NotNow(crate::sign_in::sessions::RETRY_AFTER)
    })?;
    if let Some(replaced) = &attempt.replaces {
        // Its cookie is about to be overwritten: without it nobody ends it.
        let _ = sessions.delete(replaced).await;
    }
    Ok(id)
}

/// The claims, if the application's own verifier accepts them: or the first page would send the
/// browser back here, round and round.
async fn accepted(site: &Site, tokens: &Tokens) -> Result<CognitoClaims, Failure> {
    let token = match site.sessions.verifier.token_use() {
        crate::TokenUse::Id => tokens.id_token().unwrap_or_default(),
        crate::TokenUse::Access | crate::TokenUse::Any => tokens.access_token(),
    };
    site.sessions.verifier.verify(token).await.map_err(|error| match error {
        VerifyError::KeysUnavailable { retry_after }
        | VerifyError::RevocationsUnavailable { retry_after } => Failure::NotNow(retry_after),
        VerifyError::Ended => Failure::Ended,
        error => {
            tracing::warn!(%error, "the token of a sign-in is not accepted by the application");
            Failure::Refused
        }
    })
}

/// Whether the sign-in is what a page needs, so that it is not asked for again at once.
fn is_as_needed(claims: &CognitoClaims, needed: &Needed, now: Duration) -> bool {
    let is_fresh = needed.max_age.is_none_or(|age| {
        // Not older than the page accepts: it would send the browser back here, round and round.
        let oldest = if age == 0 { AUTH_TIME_SLACK } else { Duration::from_secs(age) };
        claims.auth_time().is_some_and(|time| now.saturating_sub(since_epoch(time)) <= oldest)
    });
    let is_strong = needed.acr_values.as_deref().is_none_or(|levels| {
        claims.acr().is_some_and(|own| levels.split(' ').any(|level| level == own))
    });
    is_fresh && is_strong
}

/// Cognito's error (RFC 6749 §4.1.2.1): the user cancelled, or a setting is wrong.
fn denied(error: &str, query: &Query) -> Failure {
    let description = query.single("error_description").flatten().unwrap_or_default();
    // As anybody may have written them: a bounded length, and escaped.
    let short = |text: &str| text.chars().take(200).collect::<String>();
    let (name, description) = (short(error), short(description));
    match error {
        "access_denied" | "login_required" | "interaction_required" | "consent_required" => {
            tracing::debug!(error = ?name, ?description, "Cognito denied a sign-in");
            Failure::Denied
        }
        "temporarily_unavailable" | "server_error" => {
            tracing::warn!(error = ?name, ?description, "Cognito could not do a sign-in");
            Failure::NotNow(crate::sign_in::sessions::RETRY_AFTER)
        }
        _ => {
            tracing::error!(
                error = ?name,
                ?description,
                "Cognito refuses the application's sign-ins: the app client should have the code \
                 grant, this callback URL and these scopes"
            );
            Failure::Misconfigured
        }
    }
}

fn signed_in(site: &Site, attempt: &Attempt, id: &SessionId) -> Response {
    let to = attempt.to(&site.address, &site.path);
    let mut response =
        if site.is_lax { redirect(to.as_str()) } else { page::signed_in(to.as_str()) };
    if let Some(cookie) = site.cookies.set_session(id) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn redirect(to: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    page::protect(response.headers_mut());
    // A path of visible ASCII is a header's value.
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    response
}

/// No `_` arm: a new failure fails the build until it has an answer.
fn failed(site: &Site, attempt: Option<&Attempt>, failure: Failure) -> Response {
    let to = attempt.map(|attempt| attempt.to(&site.address, &site.path));
    let needed = attempt.map(|attempt| attempt.needed.clone()).unwrap_or_default();
    let again = site.sign_in_path(to.as_ref(), &needed);
    let page = |status, sentence| page::failed(status, sentence, &again);
    match failure {
        Failure::Ended if needed.max_age != Some(0) => {
            let fresh = Needed { max_age: Some(0), ..needed };
            redirect(&site.sign_in_path(to.as_ref(), &fresh))
        }
        Failure::Foreign => page(
            StatusCode::BAD_REQUEST,
            "This sign-in was not begun in this browser, or it was completed already.",
        ),
        Failure::TooLate => page(
            StatusCode::BAD_REQUEST,
            "The sign-in took longer than ten minutes, and has to begin again.",
        ),
        Failure::Denied => page(StatusCode::FORBIDDEN, "The sign-in was not completed."),
        Failure::Code => page(
            StatusCode::BAD_REQUEST,
            "The sign-in took too long, or this page was opened twice.",
        ),
        Failure::Ended | Failure::Refused => page(
            StatusCode::FORBIDDEN,
            "The sign-in worked, but this application does not accept it.",
        ),
        Failure::NotFresh => page(
            StatusCode::FORBIDDEN,
            "This page needs a new sign-in, and the sign-in service reused an earlier one.",
        ),
        Failure::NotNow(retry_after) => {
            let mut response = page(
                StatusCode::SERVICE_UNAVAILABLE,
                "The sign-in does not work at the moment. Please try again in a minute.",
            );
            let seconds = HeaderValue::from(retry_after.as_secs().max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
            response
        }
        Failure::Misconfigured => page(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The sign-in of this application is not set up correctly.",
        ),
    }
}
