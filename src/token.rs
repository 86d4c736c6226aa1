//! Where the token of a request comes from.

use http::header::{AUTHORIZATION, COOKIE, Entry, HeaderMap, HeaderName, HeaderValue};

use crate::ConfigError;

/// A place where a request may carry its token: see
/// [`CognitoLayer::token_from`](crate::CognitoLayer::token_from).
///
/// A token in the query string is never read: URLs end up in logs (RFC 9700 §4.3.2).
///
/// ```
/// use axum_cognito::{CognitoLayer, CognitoVerifier, TokenSource};
///
/// let verifier = CognitoVerifier::new("us-east-1_AbCdEfGhI", "my-client-id")?;
/// let layer = CognitoLayer::new(verifier)
///     .token_from([TokenSource::bearer(), TokenSource::cookie("access_token")])
///     .build()?;
/// # let _ = layer;
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Bearer,
    Cookie(String),
    Header(HeaderName),
    /// Holds no token, and is an error when the layer is built.
    Impossible(ConfigError),
}

/// Credentials that break the rules of HTTP, whatever token they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCredentials {
    /// Two headers or cookies where one is allowed.
    Duplicate,
    /// Not `Bearer`, spaces and one token.
    Malformed,
}

impl TokenSource {
    /// `Authorization: Bearer <token>` (RFC 6750 §2.1): the default.
    #[must_use]
    pub fn bearer() -> Self {
        Self(Place::Bearer)
    }

    /// The cookie of this name.
    ///
    /// A browser sends cookies by itself, to forged requests too: protect the routes against
    /// cross-site requests, with `SameSite` at least.
    #[must_use]
    pub fn cookie(name: impl Into<String>) -> Self {
        let name = name.into();
        if name.is_empty() || !name.bytes().all(is_tchar) {
            let expected = "it should be letters, digits and `-_.!#$%&'*+^`|~`";
            return Self::impossible("cookie", name, expected);
        }
        Self(Place::Cookie(name))
    }

    /// The whole value of this header, like `x-amzn-oidc-accesstoken` behind a load balancer.
    #[must_use]
    pub fn header(name: impl Into<String>) -> Self {
        let name = name.into();
        match HeaderName::try_from(name.as_str()) {
            Ok(AUTHORIZATION) => Self::impossible("header", name, "use `TokenSource::bearer()`"),
            Ok(name) => Self(Place::Header(name)),
            Err(_) => Self::impossible("header", name, "it should be the name of a header"),
        }
    }

    fn impossible(kind: &'static str, name: String, expected: &'static str) -> Self {
        Self(Place::Impossible(ConfigError::TokenSource { kind, name, expected }))
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        match &self.0 {
            Place::Impossible(error) => Err(error.clone()),
            Place::Bearer | Place::Cookie(_) | Place::Header(_) => Ok(()),
        }
    }

    /// Whether it is `Authorization: Bearer`.
    #[cfg(feature = "resource-metadata")]
    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self.0, Place::Bearer)
    }

    /// The token, if the request carries one here.
    pub(crate) fn find<'a>(
        &self,
        headers: &'a HeaderMap,
    ) -> Result<Option<&'a str>, BadCredentials> {
        match &self.0 {
            Place::Bearer => bearer(single(headers, &AUTHORIZATION)?),
            Place::Cookie(name) => cookie(headers, name),
            Place::Header(name) => match single(headers, name)? {
                Some(value) if !value.is_empty() => b64token(value.as_bytes()).map(Some),
                Some(_) | None => Ok(None),
            },
            Place::Impossible(_) => Ok(None),
        }
    }

    /// Marks the values that may hold a token, so that no log further in prints them.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        let name = match &self.0 {
            Place::Bearer => &AUTHORIZATION,
            Place::Cookie(_) => &COOKIE,
            Place::Header(name) => name,
            Place::Impossible(_) => return,
        };
        mark_sensitive(headers, name);
    }
}

/// Marks all values of a header.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap, name: &HeaderName) {
    // `try_`: at its full size a header map would panic rather than look a name up.
    if let Ok(Entry::Occupied(mut values)) = headers.try_entry(name) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

/// The value of a header that may stand there once.
pub(crate) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, BadCredentials> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() { Err(BadCredentials::Duplicate) } else { Ok(value) }
}

/// The token of `Bearer`, whose case does not matter (RFC 9110 §11.1), one or more spaces, and one
/// b64token with nothing behind it (RFC 6750 §2.1). Another scheme is none of our business.
fn bearer(value: Option<&HeaderValue>) -> Result<Option<&str>, BadCredentials> {
    let Some(value) = value else { return Ok(None) };
    let bytes = value.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
    let (scheme, rest) = bytes.split_at_checked(end).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        let printable = all(bytes, |byte| (b' '..=b'~').contains(&byte));
        return if printable { Ok(None) } else { Err(BadCredentials::Malformed) };
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    b64token(rest.get(spaces..).unwrap_or_default()).map(Some)
}

/// The cookie of this name (RFC 6265 §4.2.1), which may stand there once. An empty one is none.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, BadCredentials> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let (own, value) = pair.split_at_checked(pair.iter().position(|byte| *byte == b'=')?)?;
        (own.trim_ascii_end() == name.as_bytes()).then(|| value.get(1..).unwrap_or_default())
    });
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(BadCredentials::Duplicate);
    }
    let value = value.trim_ascii();
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    match quoted.unwrap_or(value) {
        b"" => Ok(None),
        value => b64token(value).map(Some),
    }
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn b64token(bytes: &[u8]) -> Result<&str, BadCredentials> {
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = bytes.get(..bytes.len().saturating_sub(padding)).unwrap_or_default();
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    if body.is_empty() || !all(body, allowed) {
        return Err(BadCredentials::Malformed);
    }
    std::str::from_utf8(bytes).map_err(|_| BadCredentials::Malformed)
}

/// Whether all bytes are allowed. Without an early end, so that the compiler can test many at a time.
fn all(bytes: &[u8], allowed: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & allowed(*byte))
}

/// A character of a token in HTTP's sense (RFC 9110 §5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(
        source: &TokenSource,
        name: &HeaderName,
        values: &[&[u8]],
    ) -> Result<Option<String>, BadCredentials> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value).expect("a header value"));
        }
        source.find(&headers).map(|token| token.map(str::to_owned))
    }

    fn authorization(value: &[u8]) -> Result<Option<String>, BadCredentials> {
        find(&TokenSource::bearer(), &AUTHORIZATION, &[value])
    }

    #[test]
    fn bearer_in_any_case_and_with_more_spaces_carries_a_token() {
        for value in ["Bearer a.b", "bearer a.b", "BEARER a.b", "Bearer    a.b"] {
            assert_eq!(authorization(value.as_bytes()), Ok(Some("a.b".to_owned())), "{value}");
        }
        assert_eq!(authorization(b"Bearer a-._~+/=="), Ok(Some("a-._~+/==".to_owned())));
    }

    #[test]
    fn another_scheme_carries_no_token() {
        for value in ["Basic YTpi", "BearerX a.b", "Digest username=\"a\"", "", "a.b", " Bearer a"]
        {
            assert_eq!(authorization(value.as_bytes()), Ok(None), "{value}");
        }
    }

    #[test]
    fn bearer_without_exactly_one_token_is_malformed() {
        let malformed: [&[u8]; 10] = [
            b"Bearer",
            b"Bearer ",
            b"Bearer =",
            b"Bearer a b",
            b"Bearer a.b ",
            b"Bearer a,b",
            b"Bearer a=b",
            b"Bearer\ta",
            b"Bearer \xc3\xa9",
            b"Basic \xff",
        ];
        for value in malformed {
            assert_eq!(authorization(value), Err(BadCredentials::Malformed), "{value:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_and_in_a_second_line() {
        let cookie = |lines: &[&[u8]]| find(&TokenSource::cookie("t"), &COOKIE, lines);
        assert_eq!(cookie(&[b"a=1; t=x.y; b=\xff"]), Ok(Some("x.y".to_owned())));
        assert_eq!(cookie(&[b"a=1", b"t=\"x.y\""]), Ok(Some("x.y".to_owned())));
        assert_eq!(cookie(&[b"tt=1; at=2; T=3; t"]), Ok(None));
        assert_eq!(cookie(&[b"t="]), Ok(None));
        assert_eq!(cookie(&[b"t=a; t=b"]), Err(BadCredentials::Duplicate));
        assert_eq!(cookie(&[b"t=a", b"t=a"]), Err(BadCredentials::Duplicate));
        assert_eq!(cookie(&[b"t=a b"]), Err(BadCredentials::Malformed));
    }
}
