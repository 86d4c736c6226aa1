use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::address::Address;
use super::destination::Destination;
use super::session_id::SessionId;
use crate::crypto::{SECRET_BYTES, derive, is_same_secret, random_secret, sha256};
use crate::rejection::Needed;

/// How long a sign-in may take.
pub(super) const MAX_AGE: Duration = Duration::from_secs(600);
/// As many characters of a state name its cookie: enough to tell a browser's own apart.
const NAME_LENGTH: usize = 16;
const STATE_LENGTH: usize = 43;
/// The longest `acr_values` that are passed on.
const MAX_ACR: usize = 256;

/// A sign-in that was begun in a browser, and that only this browser can complete.
///
/// All of it stands in a cookie, in clear, and the server keeps nothing. It needs no key, because
/// nobody gains by reading or by writing his own: `state`, `nonce` and the PKCE verifier are derived
/// from one secret, so the cookie of a browser is worth only what Cognito will give to that browser.
/// What has to be prevented lies elsewhere:
///
/// - Another browser's `state` or code (login CSRF, code injection): the state must be that of a
///   cookie of this browser, and the code must have been issued for the verifier of the same cookie
///   (RFC 9700 §4.5, §4.7).
/// - A cookie that another site plants: its prefix lets browsers take it from this very host alone.
/// - The destination and what was required are checked again when they are read.
pub(super) struct Attempt {
    secret: [u8; SECRET_BYTES],
    derived: Derived,
    /// Since 1970.
    pub(super) began: Duration,
    /// Where to go, not yet checked: cookies can be written by their browser's owner.
    to: String,
    pub(super) needed: Needed,
    /// The session that the new one takes the place of.
    pub(super) replaces: Option<SessionId>,
}

struct Derived {
    state: [u8; SECRET_BYTES],
    nonce: [u8; SECRET_BYTES],
    verifier: [u8; SECRET_BYTES],
}

/// What names an attempt on the way to Cognito and back.
#[derive(Clone)]
pub(super) struct State(String);

impl State {
    /// Takes what can be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_state = text.len() == STATE_LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        is_state.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the attempt's cookie is named by.
    pub(super) fn name(&self) -> &str {
        self.0.get(..NAME_LENGTH).unwrap_or_default()
    }
}

impl Attempt {
    /// Begins a sign-in; `None` if the system has no random numbers.
    pub(super) fn begin(
        now: Duration,
        to: &Destination,
        needed: Needed,
        replaces: Option<SessionId>,
    ) -> Option<Self> {
        Self::of(random_secret()?, now, to.as_str().to_owned(), needed, replaces)
    }

    /// Reads what [`text`](Self::text) gives.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut part = || parts.next();
        let secret = URL_SAFE_NO_PAD.decode(part()?).ok()?.try_into().ok()?;
        let began = Duration::from_secs(part()?.parse().ok()?);
        let to = String::from_utf8(URL_SAFE_NO_PAD.decode(part()?).ok()?).ok()?;
        let max_age = Some(part()?).filter(|text| !text.is_empty());
        let max_age = max_age.map(str::parse).transpose().ok()?;
        let acr_values = URL_SAFE_NO_PAD.decode(part()?).ok()?;
        let acr_values = String::from_utf8(acr_values).ok().filter(|text| is_acr(text));
        let replaces = SessionId::parse(part()?);
        if part().is_some() {
            return None;
        }
        let needed = Needed { max_age, acr_values: acr_values.map(Into::into) };
        Self::of(secret, began, to, needed, replaces)
    }

    /// What the cookie holds: characters that need no quotes.
    pub(super) fn text(&self) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let max_age = self.needed.max_age.map(|seconds| seconds.to_string()).unwrap_or_default();
        [
            URL_SAFE_NO_PAD.encode(self.secret),
            self.began.as_secs().to_string(),
            encode(&self.to),
            max_age,
            encode(self.needed.acr_values.as_deref().unwrap_or_default()),
            self.replaces.as_ref().map(SessionId::text).unwrap_or_default(),
        ]
        .join(".")
    }

    pub(super) fn state(&self) -> State {
        State(URL_SAFE_NO_PAD.encode(self.derived.state))
    }

    /// Whether this is the attempt of that state.
    pub(super) fn has(&self, state: &State) -> bool {
        is_same_secret(self.state().as_str().as_bytes(), state.as_str().as_bytes())
    }

    pub(super) fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived.nonce)
    }

    /// Whether this is the nonce of the ID token (OpenID Connect Core §3.1.3.7).
    pub(super) fn has_nonce(&self, nonce: Option<&str>) -> bool {
        nonce.is_some_and(|nonce| is_same_secret(nonce.as_bytes(), self.nonce().as_bytes()))
    }

    /// The code verifier (RFC 7636 §4.1): 43 characters.
    pub(super) fn verifier(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived.verifier)
    }

    /// The code challenge of the method S256 (RFC 7636 §4.2).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.verifier().as_bytes()))
    }

    /// Whether too long ago; a clock of another process may be as far ahead.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now.abs_diff(self.began) > MAX_AGE
    }

    /// Where to go after the sign-in: the start page if the cookie says something that cannot be.
    pub(super) fn to(&self, address: &Address, own: &str) -> Destination {
        let to = Destination::parse(&self.to, address, own);
        to.unwrap_or_else(|| Destination::start(address))
    }

    fn of(
        secret: [u8; SECRET_BYTES],
        began: Duration,
        to: String,
        needed: Needed,
        replaces: Option<SessionId>,
    ) -> Option<Self> {
        let derived = Derived {
            state: derive(&secret, "axum-cognito: state")?,
            nonce: derive(&secret, "axum-cognito: nonce")?,
            verifier: derive(&secret, "axum-cognito: code verifier")?,
        };
        Some(Self { secret, derived, began, to, needed, replaces })
    }
}

/// Whether these are levels between spaces (OpenID Connect Core §3.1.2.1), without quotes.
pub(super) fn is_acr(text: &str) -> bool {
    (1..=MAX_ACR).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn attempt() -> Attempt {
        let address = Address::parse("https://app.example.com").expect("an address");
        let to = Destination::parse("/orders?page=2", &address, "/auth").expect("a path");
        let needed = Needed { max_age: Some(300), acr_values: Some("a b".into()) };
        Attempt::begin(NOW, &to, needed, SessionId::generate()).expect("random numbers")
    }

    #[test]
    fn an_attempt_is_read_from_its_cookie_as_it_was() {
        let attempt = attempt();
        let read = Attempt::parse(&attempt.text()).expect("it is read");
        assert_eq!(read.text(), attempt.text());
        assert!(read.has(&attempt.state()));
        assert!(read.has_nonce(Some(&attempt.nonce())));
        assert_eq!((read.verifier(), read.began), (attempt.verifier(), NOW));
        assert_eq!(read.needed, attempt.needed);
    }

    #[test]
    fn no_two_attempts_have_anything_in_common() {
        let (one, other) = (attempt(), attempt());
        assert!(!one.has(&other.state()));
        assert!(!one.has_nonce(Some(&other.nonce())));
        assert!(!one.has_nonce(None));
        assert_ne!(one.verifier(), other.verifier());
        let own = [one.state().as_str().to_owned(), one.nonce(), one.verifier(), one.challenge()];
        let different: std::collections::HashSet<_> = own.iter().collect();
        assert_eq!(different.len(), 4);
        // What Cognito and the address bar see does not give the secret away.
        assert!(own.iter().all(|text| !one.text().contains(text.as_str())));
    }

    #[test]
    fn a_cookie_that_is_no_attempt_is_none() {
        let text = attempt().text();
        for wrong in ["", ".", ".....", "a.b.c.d.e.f", &text[1..], &format!("{text}.a"), "\u{e9}"] {
            assert!(Attempt::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_destination_that_was_written_into_the_cookie_is_checked() {
        let address = Address::parse("https://app.example.com").expect("an address");
        let mut attempt = attempt();
        assert_eq!(attempt.to(&address, "/auth").as_str(), "/orders?page=2");
        attempt.to = "//evil.example".to_owned();
        let read = Attempt::parse(&attempt.text()).expect("it is read");
        assert_eq!(read.to(&address, "/auth").as_str(), "/");
    }

    #[test]
    fn an_attempt_is_over_after_ten_minutes() {
        let attempt = attempt();
        assert!(!attempt.is_over(NOW + MAX_AGE));
        assert!(attempt.is_over(NOW + MAX_AGE + Duration::from_secs(1)));
        assert!(!attempt.is_over(NOW - MAX_AGE));
        assert!(attempt.is_over(NOW - MAX_AGE - Duration::from_secs(1)));
    }
}
