//! A rejected request: from the cause to status, challenge and body (RFC 6750 §3).

mod answer;
mod cause;
mod challenge;
mod grpc;
mod own;
mod respond;

use std::fmt;
use std::time::Duration;

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Response, StatusCode};

use self::answer::Answer;
pub(crate) use self::cause::{Cause, Needed};
pub(crate) use self::challenge::{Challenge, is_scope_token};
pub use self::respond::{DefaultResponse, RespondToRejection, RespondWithParts};
use crate::VerifyError;

/// A rejected request: why it was rejected, and the response that it gets.
///
/// It is also in the extensions of the response, so that an outer layer can log it. The texts are
/// fixed: they never contain the token or a claim's value.
///
/// ```
/// use axum::response::Response;
/// use axum_cognito::{Rejection, RejectionKind};
///
/// /// For a middleware outside the layer: the rejections that are worth a log line.
/// fn worth_a_line(response: &Response) -> Option<String> {
///     let rejection = response.extensions().get::<Rejection>()?;
///     let everyday = [RejectionKind::MissingToken, RejectionKind::ExpiredToken];
///     (!everyday.contains(&rejection.kind())).then(|| rejection.to_string())
/// }
/// # let _ = worth_a_line;
/// ```
///
/// More examples: [your own response](crate::CognitoLayer::on_rejection), [gRPC
/// statuses](crate::guide::recipes#grpc), [a handler that rejects](Self::forbidden).
#[derive(Clone, Debug)]
pub struct Rejection {
    cause: Cause,
    /// None yet, if a handler made it and no layer has answered.
    challenge: Option<Challenge>,
    /// Whether a `CognitoLayer` has answered it already.
    answered: bool,
}

/// The kinds of rejection that your own response may tell apart.
///
/// Example: [`Rejection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The request carries no token: 401.
    MissingToken,
    /// The credentials break the rules of HTTP: 400.
    MalformedCredentials,
    /// The token has expired, so the client should renew it: 401.
    ExpiredToken,
    /// The token is not accepted, for any other reason: 401.
    InvalidToken,
    /// The token is good, but lacks the scope: 403.
    InsufficientScope,
    /// The token is good, but the user is not allowed to do this: 403.
    Forbidden,
    /// The token is good, but the user must sign in again, or in a stronger way: 401 (RFC 9470).
    InsufficientAuthentication,
    /// The pool's keys are unavailable, so the token could not be verified: 503.
    KeysUnavailable,
    /// The token's sign-in was ended before the token expired, so renewing it would not help: 401.
    Ended,
    /// The list of revocations is not complete, so the token could not be verified: 503.
    RevocationsUnavailable,
    /// The session of a browser, or new tokens for it, are not available for now: 503.
    #[cfg(feature = "sign-in")]
    SessionUnavailable,
    /// Another site let a browser send the request with its cookie: 403.
    #[cfg(feature = "sign-in")]
    CrossSite,
    /// A route asks for claims and their layer is not around it, or the layer cannot be right: 500.
    MissingLayer,
}

impl Rejection {
    pub(crate) fn new(cause: Cause, challenge: Challenge) -> Self {
        Self { cause, challenge: Some(challenge), answered: false }
    }

    /// Without a layer: logs an error that names what is missing.
    pub(crate) fn missing_layer(asked_by: &'static str, layer: &'static str) -> Self {
        tracing::error!("{asked_by} without a `{layer}` around it: add the layer to the router");
        Self::new(Cause::MissingLayer, Challenge::default())
    }

    /// Returns the kind of rejection.
    #[must_use]
    pub fn kind(&self) -> RejectionKind {
        self.answer().kind
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer().status
    }

    /// Returns the code in `error`; `None` if the request carried no token (RFC 6750 §3.1), or if the
    /// server is at fault.
    #[must_use]
    pub fn error_code(&self) -> Option<&'static str> {
        self.answer().code
    }

    /// Returns one sentence for the client's developer. It contains no value of the request.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.answer().description
    }

    /// Returns the cause as a word for programs, like `expired`: the member `reason` of the default
    /// response.
    ///
    /// Stable: a word never changes its meaning, though later versions may add more. So a client
    /// compares this, and no sentence.
    ///
    /// | status | reason | |
    /// |---|---|---|
    /// | 400 | `malformed_credentials`, `missing_scheme`, `malformed_token`, `multiple_tokens` | `Authorization` is wrong |
    /// | 401 | `malformed_header`, `unexpected_scheme`, `no_token_in_header`, `no_token_in_cookie`, `multiple_cookies`, `no_token` | another header or a cookie holds no token |
    /// | 401 | `missing_token` | the request has no token |
    /// | 401 | `expired` | renew the token |
    /// | 401 | `ended` | the sign-in was ended: sign in again |
    /// | 401 | `too_old`, `not_yet_valid`, `not_accepted` | sign in again |
    /// | 401 | `refresh_token`, `not_a_jwt`, `wrong_token_use` | send the other token |
    /// | 401 | `wrong_issuer`, `wrong_client`, `wrong_audience`, `wrong_load_balancer` | the token is for somebody else |
    /// | 401 | `malformed`, `invalid_signature` | the token is damaged, or forged |
    /// | 401 | `insufficient_authentication` | sign in again, or in a stronger way (RFC 9470) |
    /// | 403 | `missing_scope`, `forbidden` | the token is good, but not for this |
    /// | 503 | `keys_unavailable`, `revocations_unavailable` | try again later |
    /// | 500 | `missing_layer` | the server is wired wrongly |
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.answer().reason
    }

    /// Returns the value of `WWW-Authenticate`; `None` where a client could not answer a challenge.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<HeaderValue> {
        let answer = self.answer();
        let error = answer.code.map(|code| (code, answer.description));
        let needed = self.cause.needed();
        let needed: Vec<_> = needed.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        let value = |challenge: &Challenge| challenge.value(error, &needed);
        let own = || self.challenge.as_ref().map_or_else(|| value(&Challenge::default()), value);
        answer.challenges.then(own)
    }

    /// Returns how long a client should wait, if keys or revocations are unavailable.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.cause {
            Cause::Token(
                VerifyError::KeysUnavailable { retry_after }
                | VerifyError::RevocationsUnavailable { retry_after },
            ) => Some(*retry_after),
            #[cfg(feature = "sign-in")]
            Cause::SessionUnavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// What a sign-in must be to be let in, if this one is not.
    #[cfg(feature = "sign-in")]
    pub(crate) fn needed_sign_in(&self) -> Option<&Needed> {
        match &self.cause {
            Cause::Authentication(needed) => Some(needed),
            _ => None,
        }
    }

    /// Returns the verifier's error, for a log; `None` if no token was verified.
    #[must_use]
    pub fn verify_error(&self) -> Option<&VerifyError> {
        match &self.cause {
            Cause::Token(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the headers that the response must have: `WWW-Authenticate`, `Retry-After`,
    /// `Cache-Control`.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.www_authenticate() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = self.retry_after() {
            // Rounded up, so that the client does not come too early.
            let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        headers
    }

    /// Returns the default response: JSON with `error`, `error_description` and [`reason`](Self::reason).
    #[must_use]
    pub fn to_response<B: From<&'static str>>(&self) -> Response<B> {
        let answer = self.answer();
        let mut response = Response::new(B::from(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = self.headers();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self.clone());
        response
    }

    /// The answer as this gives it.
    pub(crate) fn answer_with<R: RespondToRejection<B>, B>(&self, respond: &R) -> Response<B> {
        respond.respond(self.clone())
    }

    /// Whether a `CognitoLayer` has answered it already.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Takes the challenge of the layer that answers it, unless it has one already: the value that
    /// the answer's `WWW-Authenticate` must change to then.
    pub(crate) fn complete_challenge(&mut self, challenge: &Challenge) -> Option<HeaderValue> {
        if self.challenge.is_some() {
            return None;
        }
        self.challenge = Some(challenge.clone());
        self.www_authenticate()
    }

    /// From now on no layer further out answers it.
    pub(crate) fn mark_answered(&mut self) {
        self.answered = true;
    }

    /// Makes an answer whole: what it lacks of the headers, if it kept the status, and the
    /// rejection itself in its extensions.
    pub(crate) fn complete<B>(mut self, mut response: Response<B>) -> Response<B> {
        if response.status() == self.status() {
            for (name, value) in self.headers().iter() {
                response.headers_mut().entry(name).or_insert_with(|| value.clone());
            }
        }
        self.mark_answered();
        response.extensions_mut().insert(self);
        response
    }

    fn answer(&self) -> Answer {
        self.cause.answer()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.status().as_u16())?;
        match &self.cause {
            Cause::Token(error) => error.fmt(f),
            _ => f.write_str(self.description()),
        }
    }
}

impl std::error::Error for Rejection {}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Rejection {
    fn into_response(self) -> axum_core::response::Response {
        self.to_response()
    }
}
