//! The credentials of a request: a token in a header or a cookie, or why there is none.

use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};

/// Credentials that hold no token, although they should, or more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCredentials {
    /// Two lines of a header that may be there once.
    Duplicate,
    /// `Authorization` is not `Bearer`, spaces and one token.
    Malformed,
    /// `Authorization` is a token without its scheme.
    NoScheme,
    /// `Authorization` holds no token, where the token alone is wanted.
    MalformedBare,
    /// Another header is not `Bearer`, spaces and one token.
    MalformedBearerHeader,
    /// Another header holds `Bearer` beside the token, where the token alone is wanted.
    SchemeInHeader,
    /// Another header holds no token.
    MalformedHeader,
    /// A cookie holds no token.
    MalformedCookie,
    /// Two cookies of the name hold different values.
    DifferentCookies,
    /// What the program's own function found is no token.
    MalformedCustom,
}

/// Bytes that should be one token and are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotToken;

/// What a value with a scheme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials<'a> {
    Bearer(Result<&'a str, NotToken>),
    /// A token without a scheme.
    Bare,
    /// Another scheme, or nothing: none of our business.
    Other,
    /// Bytes that no credentials have.
    Unprintable,
}

/// The value of a header that may be there once.
pub(crate) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, BadCredentials> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() { Err(BadCredentials::Duplicate) } else { Ok(value) }
}

/// The token of `Bearer`, whose case does not matter (RFC 9110 §11.1), one or more spaces, and one
/// b64token with nothing behind it (RFC 6750 §2.1).
pub(super) fn with_scheme(value: &[u8]) -> Credentials<'_> {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end).unwrap_or_default();
    if is_bearer(scheme) {
        let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
        return Credentials::Bearer(b64token(rest.get(spaces..).unwrap_or_default()));
    }
    if !all(value, |byte| (b' '..=b'~').contains(&byte)) {
        return Credentials::Unprintable;
    }
    if rest.is_empty() && holds_jwt(scheme) { Credentials::Bare } else { Credentials::Other }
}

/// The token that a value is as a whole; `None` if it has a scheme or is empty.
pub(super) fn without_scheme(value: &[u8]) -> Option<Result<&str, NotToken>> {
    if value.is_empty() || value.contains(&b' ') || is_bearer(value) {
        return None;
    }
    Some(b64token(value))
}

/// Whether a value begins with the scheme `Bearer`.
pub(super) fn has_bearer_scheme(value: &[u8]) -> bool {
    value.split(|byte| *byte == b' ').next().is_some_and(is_bearer)
}

/// The cookie of this name (RFC 6265 §4.2.1). An empty one is none, and equal ones are one: a
/// browser that keeps it for two paths or domains sends it twice.
pub(super) fn cookie<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<&'a str>, BadCredentials> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let (own, value) = pair.split_at_checked(pair.iter().position(|byte| *byte == b'=')?)?;
        let value = unquoted(value.get(1..).unwrap_or_default());
        (own.trim_ascii_end() == name.as_bytes() && !value.is_empty()).then_some(value)
    });
    let Some(value) = values.next() else { return Ok(None) };
    if values.any(|other| other != value) {
        return Err(BadCredentials::DifferentCookies);
    }
    b64token(value).map(Some).map_err(|NotToken| BadCredentials::MalformedCookie)
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    quoted.unwrap_or(value)
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
pub(super) fn b64token(bytes: &[u8]) -> Result<&str, NotToken> {
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = bytes.get(..bytes.len().saturating_sub(padding)).unwrap_or_default();
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    if body.is_empty() || !all(body, allowed) {
        return Err(NotToken);
    }
    std::str::from_utf8(bytes).map_err(|_| NotToken)
}

fn is_bearer(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"bearer")
}

/// Whether a word holds something like a JWT, also one that a scheme is glued to (`Bearer:eyJ…`):
/// `eyJ` is how each begins (`{"`, RFC 7515 §3.1), and a dot ends its header.
fn holds_jwt(word: &[u8]) -> bool {
    let start = word.windows(3).position(|bytes| bytes == b"eyJ");
    start.and_then(|start| word.get(start..)).is_some_and(|jwt| jwt.contains(&b'.'))
}

/// Whether all bytes are allowed. Without an early end, so that the compiler can test many at a time.
fn all(bytes: &[u8], allowed: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & allowed(*byte))
}
