//! Any bytes as the headers of a request: never a panic, and the service behind the layer is called
//! only with a token that one of the headers carries.

#![no_main]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoService, DefaultResponse, TokenSource};
use http::header::{AUTHORIZATION, COOKIE, HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response};
use libfuzzer_sys::fuzz_target;
use tower_layer::Layer as _;
use tower_service::Service;

const CLIENT: &str = "fuzz-client";
/// How long the token lives: longer than the fuzzer runs.
const LIFETIME: Duration = Duration::from_secs(1_000_000_000);
/// As in the seeds: the fuzzer cannot guess a token.
const PLACE: &str = "FUZZTOKEN";
const HEADER: HeaderName = HeaderName::from_static("x-token");

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

static TOKEN: LazyLock<String> =
    LazyLock::new(|| POOL.access_token("alice").client_id(CLIENT).expires_in(LIFETIME).sign());

static LAYER: LazyLock<CognitoLayer> = LazyLock::new(|| {
    let sources = [TokenSource::bearer(), TokenSource::cookie("t"), TokenSource::header("x-token")];
    CognitoLayer::new(POOL.verifier(CLIENT)).token_from(sources)
});

/// Answers 200 with the user's id.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        for (name, value) in request.headers() {
            assert!(value.is_sensitive(), "{name} may carry a token");
        }
        let claims = request.extensions().get::<CognitoClaims>().expect("verified");
        ready(Ok(Response::new(claims.sub().to_owned())))
    }
}

fuzz_target!(|input: &[u8]| {
    let headers = headers(input);
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let mut service: CognitoService<Inner, DefaultResponse> = LAYER.layer(Inner);
    let mut answer = pin!(service.call(request));
    // The keys are there, so nothing waits.
    let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok(response)) = polled else { unreachable!("an answer") };
    check(&headers, &response);
});

/// The lines of the input as headers: its first byte says which.
fn headers(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some((first, value)) = line.split_first() else { continue };
        let name = match first {
            b'A' => AUTHORIZATION,
            b'C' => COOKIE,
            _ => HEADER,
        };
        let value = match std::str::from_utf8(value) {
            Ok(text) => text.replace(PLACE, &TOKEN).into_bytes(),
            Err(_) => value.to_vec(),
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(name, value);
        }
    }
    headers
}

fn check(headers: &HeaderMap, response: &Response<String>) {
    let lines: Vec<_> = headers.get_all(AUTHORIZATION).iter().collect();
    let plain = format!("Bearer {}", *TOKEN);
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    match response.status().as_u16() {
        200 => {
            assert_eq!(response.body(), "alice");
            assert!(headers.values().any(|value| carries(value.as_bytes())));
            assert!(lines.len() <= 1 && challenge.is_none());
        }
        status => {
            assert!(status == 400 || status == 401, "{status}");
            let challenge = challenge.expect("a challenge").to_str().expect("ASCII");
            assert!(challenge.starts_with("Bearer realm=\"cognito\""));
            assert!(lines.len() != 1 || lines[0] != plain.as_str(), "a good token is refused");
            assert!(lines.len() < 2 || status == 400);
        }
    }
}

/// Whether the token stands there, and no character of a token beside it.
fn carries(value: &[u8]) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| b" =\";\t".contains(byte));
    let token = TOKEN.as_bytes();
    value.windows(token.len()).enumerate().any(|(start, window)| {
        let before = start.checked_sub(1).and_then(|index| value.get(index));
        window == token && is_end(before) && is_end(value.get(start + token.len()))
    })
}
