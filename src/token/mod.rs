//! Where the token of a request comes from.

mod credentials;

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, Entry, HeaderMap, HeaderName};

pub(crate) use self::credentials::{BadCredentials, single};
use self::credentials::{
    Credentials, NotToken, b64token, cookie, has_bearer_scheme, with_scheme, without_scheme,
};
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
///
/// # What is rejected
///
/// | source | none | rejected, also behind `optional()` |
/// |---|---|---|
/// | [`bearer`](Self::bearer) | no `Authorization`, another scheme | 400: two lines; `Bearer` without exactly one token; a token without its scheme |
/// | [`bare_authorization`](Self::bare_authorization) | no `Authorization`, a scheme and something behind it | 400: two lines; no token |
/// | [`bearer_in`](Self::bearer_in) | no such header, an empty one, another scheme | 400: two lines; 401: `Bearer` without exactly one token; a token without its scheme |
/// | [`header`](Self::header) | no such header, an empty one | 400: two lines; 401: no token, or `Bearer` before it |
/// | [`cookie`](Self::cookie) | no such cookie, an empty one | 401: no token; two with different values |
/// | [`custom`](Self::custom) | the function says `None`, or the empty text | 401: no token |
///
/// A browser application signs in again on 401; a 400 is for whoever wrote the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Bearer,
    BareAuthorization,
    BearerIn(HeaderName),
    Header(HeaderName),
    Cookie(String),
    Custom(Custom),
    /// Holds no token, and is an error when the layer is built.
    Impossible(ConfigError),
}

/// A function of the program's own.
#[derive(Clone)]
struct Custom(Arc<Find>);

type Find = dyn for<'a> Fn(&'a HeaderMap) -> Option<&'a str> + Send + Sync;

impl TokenSource {
    /// `Authorization: Bearer <token>` (RFC 6750 §2.1): the default.
    ///
    /// A token without its scheme, as clients of API Gateway, AppSync and Amplify send it, is
    /// rejected with a text that says what to send. Another scheme is no token.
    #[must_use]
    pub fn bearer() -> Self {
        Self(Place::Bearer)
    }

    /// `Authorization: <token>`, without a scheme: what API Gateway and AppSync take.
    ///
    /// For programs whose clients cannot be changed. Give [`bearer`](Self::bearer) too, to take both:
    ///
    /// ```
    /// use axum_cognito::{CognitoLayer, CognitoVerifier, TokenSource};
    ///
    /// # fn example(verifier: CognitoVerifier) {
    /// let layer = CognitoLayer::new(verifier)
    ///     .token_from([TokenSource::bearer(), TokenSource::bare_authorization()]);
    /// # let _ = layer;
    /// # }
    /// ```
    #[must_use]
    pub fn bare_authorization() -> Self {
        Self(Place::BareAuthorization)
    }

    /// `Bearer <token>` in this header instead of `Authorization`, like `x-forwarded-authorization`
    /// behind a proxy that needs `Authorization` for itself.
    #[must_use]
    pub fn bearer_in(name: impl Into<String>) -> Self {
        Self::in_header(name.into(), Place::BearerIn)
    }

    /// The whole value of this header, like `x-amzn-oidc-accesstoken` behind a load balancer.
    #[must_use]
    pub fn header(name: impl Into<String>) -> Self {
        Self::in_header(name.into(), Place::Header)
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

    /// What this function finds in the headers: for a cookie whose name holds the user's, as Amplify
    /// writes it, or a subprotocol of a WebSocket.
    ///
    /// `None` and the empty text are no token; anything else is verified. The function must be
    /// quick, and give the same answer for the same headers. The header that holds what it found is
    /// marked sensitive, as those of other sources are.
    ///
    /// ```
    /// use axum_cognito::{CognitoLayer, CognitoVerifier, TokenSource};
    ///
    /// # fn example(verifier: CognitoVerifier) {
    /// let protocol = TokenSource::custom(|headers| {
    ///     let offered = headers.get("sec-websocket-protocol")?.to_str().ok()?;
    ///     offered.split(',').find_map(|name| name.trim().strip_prefix("access_token."))
    /// });
    /// let layer = CognitoLayer::new(verifier).token_from([TokenSource::bearer(), protocol]);
    /// # let _ = layer;
    /// # }
    /// ```
    ///
    /// More: [tokens from other places](crate::guide::recipes#tokens-from-other-places).
    #[must_use]
    pub fn custom<F>(find: F) -> Self
    where
        F: for<'a> Fn(&'a HeaderMap) -> Option<&'a str> + Send + Sync + 'static,
    {
        Self(Place::Custom(Custom(Arc::new(find))))
    }

    fn in_header(name: String, place: fn(HeaderName) -> Place) -> Self {
        match HeaderName::try_from(name.as_str()) {
            Ok(AUTHORIZATION) => Self::impossible(
                "header",
                name,
                "use `TokenSource::bearer()`, or `bare_authorization()` for a token without a scheme",
            ),
            Ok(COOKIE) => Self::impossible("header", name, "use `TokenSource::cookie(name)`"),
            Ok(name) => Self(place(name)),
            Err(_) => Self::impossible("header", name, "it should be the name of a header"),
        }
    }

    fn impossible(kind: &'static str, name: String, expected: &'static str) -> Self {
        Self(Place::Impossible(ConfigError::TokenSource { kind, name, expected }))
    }

    /// Whether it is `Authorization: Bearer`.
    #[cfg(feature = "resource-metadata")]
    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self.0, Place::Bearer)
    }

    /// What another source may not read too.
    fn name(&self) -> Option<String> {
        match &self.0 {
            Place::Bearer => Some("TokenSource::bearer()".to_owned()),
            Place::BareAuthorization => Some("TokenSource::bare_authorization()".to_owned()),
            Place::BearerIn(name) | Place::Header(name) => Some(format!("the header {name}")),
            Place::Cookie(name) => Some(format!("the cookie {name}")),
            Place::Custom(_) | Place::Impossible(_) => None,
        }
    }

    /// The token, if the request carries one here.
    fn find<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, BadCredentials> {
        match &self.0 {
            Place::Bearer => authorization(headers),
            Place::BareAuthorization => bare_authorization(headers),
            Place::BearerIn(name) => bearer_in(headers, name),
            Place::Header(name) => whole_header(headers, name),
            Place::Cookie(name) => cookie(headers, name),
            Place::Custom(find) => find.token(headers),
            Place::Impossible(_) => Ok(None),
        }
    }

    /// Marks the values that may hold a token, so that no log further in prints them.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        match &self.0 {
            Place::Bearer | Place::BareAuthorization => mark_sensitive(headers, &AUTHORIZATION),
            Place::BearerIn(name) | Place::Header(name) => mark_sensitive(headers, name),
            Place::Cookie(_) => mark_sensitive(headers, &COOKIE),
            Place::Custom(find) => {
                if let Some(name) = find.header_of_token(headers) {
                    mark_sensitive(headers, &name);
                }
            }
            Place::Impossible(_) => {}
        }
    }
}

/// The token that a layer accepted and that no header of the request holds: a session's.
#[cfg(feature = "sign-in")]
#[derive(Clone)]
pub(crate) struct Kept(pub(crate) Arc<str>);

/// Whether these sources can hold a token, all of them.
pub(crate) fn are_possible(sources: &[TokenSource]) -> bool {
    let impossible = |source: &TokenSource| matches!(source.0, Place::Impossible(_));
    !sources.is_empty() && !sources.iter().any(impossible)
}

/// Whether there is a source, each can hold a token, and no two read the same.
pub(crate) fn validate(sources: &[TokenSource]) -> Result<(), ConfigError> {
    if sources.is_empty() {
        return Err(ConfigError::NoTokenSource);
    }
    let mut names = Vec::new();
    for source in sources {
        if let Place::Impossible(error) = &source.0 {
            return Err(error.clone());
        }
        let Some(name) = source.name() else { continue };
        if names.contains(&name) {
            return Err(ConfigError::DuplicateTokenSource { name });
        }
        names.push(name);
    }
    Ok(())
}

/// The token of the first source that holds one, or what is wrong with it.
pub(crate) fn find<'a>(
    sources: &[TokenSource],
    headers: &'a HeaderMap,
) -> Option<Result<&'a str, BadCredentials>> {
    let takes_bare = || sources.iter().any(|source| matches!(source.0, Place::BareAuthorization));
    sources.iter().find_map(|source| match source.find(headers) {
        // Left to the source that takes it.
        Err(BadCredentials::NoScheme) if takes_bare() => None,
        found => found.transpose(),
    })
}

impl Custom {
    fn token<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, BadCredentials> {
        let Some(found) = (self.0)(headers).filter(|found| !found.is_empty()) else {
            return Ok(None);
        };
        b64token(found.as_bytes()).map(Some).map_err(|NotToken| BadCredentials::MalformedCustom)
    }

    /// The name of the header that what was found is a part of.
    fn header_of_token(&self, headers: &HeaderMap) -> Option<HeaderName> {
        let found = (self.0)(headers)?.as_ptr();
        let holds_it = |value: &[u8]| value.as_ptr_range().contains(&found);
        let mut lines = headers.iter();
        lines.find(|(_, value)| holds_it(value.as_bytes())).map(|(name, _)| name.clone())
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl PartialEq for Custom {
    /// Functions cannot be compared: each is equal to its own clones alone.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Custom {}

/// Marks all values of a header.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap, name: &HeaderName) {
    // `try_`: at its full size a header map would panic rather than look a name up.
    if let Ok(Entry::Occupied(mut values)) = headers.try_entry(name) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

fn authorization(headers: &HeaderMap) -> Result<Option<&str>, BadCredentials> {
    let Some(value) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
    match with_scheme(value.as_bytes()) {
        Credentials::Bearer(token) => token.map(Some).map_err(|NotToken| BadCredentials::Malformed),
        Credentials::Bare => Err(BadCredentials::NoScheme),
        Credentials::Other => Ok(None),
        Credentials::Unprintable => Err(BadCredentials::Malformed),
    }
}

fn bare_authorization(headers: &HeaderMap) -> Result<Option<&str>, BadCredentials> {
    let Some(value) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
    let token = without_scheme(value.as_bytes()).transpose();
    token.map_err(|NotToken| BadCredentials::MalformedBare)
}

fn bearer_in<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, BadCredentials> {
    let Some(value) = single(headers, name)? else { return Ok(None) };
    let malformed = BadCredentials::MalformedBearerHeader;
    match with_scheme(value.as_bytes()) {
        Credentials::Bearer(token) => token.map(Some).map_err(|NotToken| malformed),
        Credentials::Other => Ok(None),
        Credentials::Bare | Credentials::Unprintable => Err(malformed),
    }
}

fn whole_header<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, BadCredentials> {
    let value = single(headers, name)?.filter(|value| !value.is_empty());
    let Some(value) = value.map(http::HeaderValue::as_bytes) else { return Ok(None) };
    b64token(value).map(Some).map_err(|NotToken| {
        if has_bearer_scheme(value) {
            BadCredentials::SchemeInHeader
        } else {
            BadCredentials::MalformedHeader
        }
    })
}

/// A character of a token in HTTP's sense (RFC 9110 §5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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
        assert_eq!(cookie(&[b"t=a; t=b"]), Err(BadCredentials::DifferentCookies));
        assert_eq!(cookie(&[b"t=a", b"t=\"a\"; t="]), Ok(Some("a".to_owned())));
        assert_eq!(cookie(&[b"t=a b"]), Err(BadCredentials::MalformedCookie));
    }

    #[test]
    fn a_token_without_its_scheme_is_told_from_another_scheme() {
        for value in ["eyJhbGciOiJub25lIn0.e30.", "Bearer:eyJh.e30.c", "BearereyJh.b", "=eyJa."] {
            assert_eq!(authorization(value.as_bytes()), Err(BadCredentials::NoScheme), "{value}");
        }
        for value in ["eyJ", "DPoP eyJh.e30.c", "Negotiate", "a.b.c", "token=eyJh.e30.c x"] {
            assert_eq!(authorization(value.as_bytes()), Ok(None), "{value}");
        }
    }

    #[test]
    fn a_header_without_a_scheme_is_a_token_for_its_own_source_alone() {
        let bare =
            |value: &[u8]| find(&TokenSource::bare_authorization(), &AUTHORIZATION, &[value]);
        assert_eq!(bare(b"eyJh.e30.c"), Ok(Some("eyJh.e30.c".to_owned())));
        assert_eq!(bare(b"opaque"), Ok(Some("opaque".to_owned())));
        for value in ["", "Bearer", "bearer", "Bearer a.b", "Basic YTpi"] {
            assert_eq!(bare(value.as_bytes()), Ok(None), "{value}");
        }
        for value in ["a,b", "\"a.b\"", "Bearer:a.b"] {
            assert_eq!(bare(value.as_bytes()), Err(BadCredentials::MalformedBare), "{value}");
        }
    }
}
