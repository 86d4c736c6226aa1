//! What hostile input costs: memory and allocations are bounded by its length, and by the limits.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use axum::body::Body;
use axum::routing::get;
use axum::{Router, http::Request};
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{
    CognitoLayer, CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse,
    TokenSource, TokenUse,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const CLIENT: &str = "7abcdefghijklmnopqrstuvwxy";
const LENGTHS: [usize; 8] = [10, 100, 1_000, 4_000, 11_000, 40_000, 200_000, 1_000_000];
/// What a token may have, and what a JWKS may have.
const TOKEN_LIMIT: usize = 16 * 1024;
const JWKS_LIMIT: usize = 64 * 1024;

/// What may be taken at once, and how often: for each byte up to a limit, and beyond that.
struct Bound {
    limit: usize,
    bytes: [usize; 2],
    allocations: [usize; 2],
}

/// What is no token is at most copied once.
const NO_TOKEN: Bound = Bound { limit: TOKEN_LIMIT, bytes: [1, 2048], allocations: [0, 60] };
/// The most for its bytes takes a list of empty identities, the most often one of short texts.
const TOKEN: Bound = Bound { limit: TOKEN_LIMIT, bytes: [64, 4096], allocations: [1, 60] };
/// The most for its bytes takes a list of empty texts, the most often one of empty keys.
const JWKS: Bound = Bound { limit: JWKS_LIMIT, bytes: [20, 4096], allocations: [2, 60] };

impl Bound {
    fn assert(&self, input: &str, info: &AllocationInfo) {
        let most = |[each, beyond]: [usize; 2]| {
            u64::try_from(input.len().min(self.limit) * each + beyond).expect("a small number")
        };
        let shown = || format!("{input:.80} of {} bytes: {info:?}", input.len());
        assert!(info.bytes_max <= most(self.bytes), "{}", shown());
        assert!(info.count_total <= most(self.allocations), "{}", shown());
    }
}

/// A text of about this length: what repeats, between a start and an end.
fn filled(length: usize, [start, repeated, end]: [&str; 3]) -> String {
    let room = length.saturating_sub(start.len() + end.len());
    format!("{start}{}{end}", repeated.repeat(room / repeated.len()))
}

/// A text of this length of these characters, in no order.
fn random(length: usize, alphabet: &str) -> String {
    let (alphabet, mut state) = (alphabet.as_bytes(), length);
    let characters = std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(alphabet[(state >> 33) % alphabet.len()])
    });
    characters.take(length).collect()
}

/// Texts in the place of a token.
fn garbage(length: usize) -> Vec<String> {
    let patterns = [["", ".", ""], ["", "a", ""], ["", "aa.", "aa"], ["e30.", "A", ".AA"]];
    let random = ["ABCdef012-_", "ABCdef012-_."].map(|alphabet| random(length, alphabet));
    patterns.into_iter().map(|pattern| filled(length, pattern)).chain(random).collect()
}

/// Values of claims, as JSON.
fn values(length: usize) -> Vec<String> {
    let patterns = [
        ["", "[", ""],
        ["[", "[],", "0]"],
        ["[", "\"\",", "\"\"]"],
        ["[", "\"\\n\",", "\"\"]"],
        ["[", "{},", "{}]"],
        ["[{\"primary\":[", "0,", "0]}]"],
        ["[{\"", "\\n", "\":0}]"],
        ["{", "\"a\":0,", "\"b\":0}"],
        ["\"", "a ", "\""],
        ["\"", "\\n", "\""],
        ["", "9", ""],
    ];
    let random = random(length, "[]{}\":,0a\\n ");
    patterns.into_iter().map(|pattern| filled(length, pattern)).chain([random]).collect()
}

/// The claims that are read of either kind of token, and one that is not.
const CLAIMS: [&str; 10] = [
    "sub",
    "cognito:groups",
    "scope",
    "aud",
    "email",
    "email_verified",
    "identities",
    "cognito:roles",
    "jti",
    "custom:other",
];

/// The payload of a token without this claim, as text.
fn payload(token: TestToken, name: &str) -> String {
    let token = token.without_claim(name).sign();
    let payload = token.split('.').nth(1).expect("a payload");
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("text")
}

/// Signed tokens of both kinds, in which one claim has a value of about this length.
fn signed(pool: &TestPool, length: usize) -> Vec<String> {
    let header = json!({ "kid": pool.access_key_id(), "alg": "RS256" }).to_string();
    let kinds = [pool.access_token("alice"), pool.id_token("alice")];
    let mut tokens = Vec::new();
    for kind in kinds {
        for name in CLAIMS {
            let rest = payload(kind.clone().client_id(CLIENT), name).split_off(1);
            let payloads = values(length).into_iter();
            let payloads = payloads.map(|value| format!("{{\"{name}\":{value},{rest}"));
            tokens.extend(payloads.map(|payload| pool.sign(&header, &payload)));
        }
    }
    tokens
}

/// Tokens of all lengths that one may have, and garbage of any, each with its bound.
fn tokens(pool: &TestPool) -> Vec<(&'static Bound, String)> {
    let possible = LENGTHS.into_iter().filter(|length| *length < TOKEN_LIMIT);
    let signed = possible.flat_map(|length| signed(pool, length)).map(|token| (&TOKEN, token));
    let garbage = LENGTHS.into_iter().flat_map(garbage).map(|text| (&NO_TOKEN, text));
    signed.chain(garbage).collect()
}

/// A verifier of both kinds of token, which has verified one already.
fn verifier(pool: &TestPool) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(pool, CLIENT).clock(pool.clock());
    let verifier = builder.token_use(TokenUse::Any).build().expect("settings that can be");
    let token = pool.access_token("alice").client_id(CLIENT).sign();
    verifier.verify_cached(&token).expect("a good token");
    verifier
}

#[test]
fn a_token_costs_no_more_than_its_length_allows() {
    let pool = TestPool::offline();
    let verifier = verifier(&pool);
    let mut accepted = 0;
    for (bound, token) in tokens(&pool) {
        let mut verdict = None;
        let info = measure(|| verdict = Some(verifier.verify_cached(&token)));
        accepted += u32::from(verdict.is_some_and(|verdict| verdict.is_ok()));
        bound.assert(&token, &info);
    }
    assert!(accepted > 100, "{accepted}");
}

/// Answers a request with this header, and says what that cost.
fn cost(router: &Router, name: &str, value: &str) -> AllocationInfo {
    let request = Request::get("/").header(name, value).body(Body::empty()).expect("a request");
    let router = router.clone();
    let mut context = Context::from_waker(Waker::noop());
    measure(|| {
        let answered = pin!(router.oneshot(request)).as_mut().poll(&mut context).map(drop);
        assert_eq!(answered, Poll::Ready(()));
    })
}

#[test]
fn a_header_costs_no_more_than_its_length_allows() {
    let pool = TestPool::offline();
    let sources = [TokenSource::cookie("t"), TokenSource::bearer(), TokenSource::header("x-token")];
    let layer = CognitoLayer::new(verifier(&pool)).token_from(sources);
    let router = Router::new().route("/", get(async || "in")).layer(layer);
    let cookies = [["", "a=b;", "t=c"], ["", "t=;", "t=c"], ["", ";", "t=c"], ["", "=", ""]];
    let schemes = [["Bearer ", " ", "a"], ["Bearer ", "=", ""], ["", "Bearer ", ""]];
    for length in LENGTHS {
        let schemes = schemes.map(|pattern| ("authorization", filled(length, pattern)));
        let cookies = cookies.map(|pattern| ("cookie", filled(length, pattern)));
        let mixed = ["authorization", "cookie", "x-token"];
        let mixed = mixed.map(|name| (name, random(length, "Bearer t=;\" .\\,")));
        for (name, value) in schemes.into_iter().chain(cookies).chain(mixed) {
            NO_TOKEN.assert(&value, &cost(&router, name, &value));
        }
    }
    for (bound, token) in tokens(&pool) {
        for (name, start) in [("authorization", "Bearer "), ("cookie", "t="), ("x-token", "")] {
            let value = format!("{start}{token}");
            bound.assert(&value, &cost(&router, name, &value));
        }
    }
}

/// A source of keys that has none.
struct NoKeys;

impl FetchJwks for NoKeys {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Err(JwksError::NoSource)
    }
}

/// Bodies of about this length: no JWKS, and some with this good key.
fn bodies(key: &str, length: usize) -> Vec<String> {
    let key = &key[1..];
    let members = ["kid", "n", "key_ops", "use", "x5c", "d"].map(|name| format!("{{\"{name}\":"));
    let values: Vec<_> =
        values(length).into_iter().take(if length > JWKS_LIMIT { 2 } else { 99 }).collect();
    let hostile = values.iter().map(|value| format!("{{\"keys\":{value}}}"));
    let in_key = members.iter().flat_map(|member| {
        values.iter().map(move |value| format!("{{\"keys\":[{member}{value},{key}]}}"))
    });
    let beside = values.iter().map(|value| format!("{{\"a\":{value},\"keys\":[{{{key}]}}"));
    hostile.chain(in_key).chain(beside).chain(garbage(length)).collect()
}

#[test]
fn a_jwks_costs_no_more_than_its_length_allows() {
    let pool = TestPool::offline();
    let jwks: Value = serde_json::from_str(&pool.jwks()).expect("a JWKS");
    let key = jwks["keys"][0].to_string();
    let mut accepted = 0;
    for length in LENGTHS {
        for body in bodies(&key, length) {
            let builder = JwksCache::builder(pool.user_pool()).fetcher(NoKeys).preload(&body);
            let mut cache = None;
            let info = measure(|| cache = Some(builder.build()));
            accepted += u32::from(cache.is_some_and(|cache| cache.is_ok()));
            JWKS.assert(&body, &info);
        }
    }
    assert!(accepted > 50, "{accepted}");
}
