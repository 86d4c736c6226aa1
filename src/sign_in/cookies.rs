use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::attempt::{Attempt, MAX_AGE, State};
use super::session_id::SessionId;

/// A browser takes a cookie of this prefix only over https, from this very host, for all of its
/// paths, and out of reach of scripts (RFC 6265bis §4.1.3). Browsers that know only `__Host-` keep
/// all of it but the last. So no other host, a subdomain neither, plants one.
const PREFIX: &str = "__Host-Http-";
/// How many sign-ins may be under way in one browser: one for a tab.
const MAX_ATTEMPTS: usize = 5;
/// How long all of their cookies may be: servers take headers of about 8 kB.
const MAX_BYTES: usize = 4096;

/// The names and attributes of the application's cookies.
#[derive(Clone, Debug)]
pub(super) struct Cookies {
    session: String,
    attempt: String,
    same_site: &'static str,
}

impl Cookies {
    /// The cookies of the application at this path: `__Host-` wants them sent to the whole host, so
    /// the path is part of their names. `lax` also sends the session's with a link from another site.
    pub(super) fn new(path: &str, lax: bool) -> Self {
        let suffix = path.replace('/', ".");
        Self {
            session: format!("{PREFIX}session{suffix}"),
            attempt: format!("{PREFIX}sign-in{suffix}-"),
            same_site: if lax { "Lax" } else { "Strict" },
        }
    }

    /// The session of the request. Two different ones are none: one of them was planted.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<SessionId> {
        let mut values = pairs(headers).filter(|(name, _)| *name == self.session);
        let (_, first) = values.next()?;
        if values.any(|(_, other)| other != first) {
            tracing::debug!("a request has two session cookies");
            return None;
        }
        SessionId::parse(first)
    }

    /// Sets the session's cookie. It has no end: the server ends the session.
    pub(super) fn set_session(&self, id: &SessionId) -> Option<HeaderValue> {
        self.set(&self.session, &id.text(), self.same_site, None)
    }

    pub(super) fn clear_session(&self) -> Option<HeaderValue> {
        self.set(&self.session, "", self.same_site, Some(0))
    }

    /// The sign-in that was begun with this state in this browser.
    pub(super) fn attempt(&self, headers: &HeaderMap, state: &State) -> Option<Attempt> {
        let name = self.name(state);
        let mut values = pairs(headers).filter(|(own, _)| *own == name);
        let attempt = Attempt::parse(values.next()?.1)?;
        (values.next().is_none() && attempt.has(state)).then_some(attempt)
    }

    /// Sets the cookie of a sign-in, and clears those of the oldest ones beyond four.
    ///
    /// `Lax`, as the way back begins at another site.
    pub(super) fn set_attempt(&self, headers: &HeaderMap, attempt: &Attempt) -> Vec<HeaderValue> {
        let own = pairs(headers).filter(|(name, _)| name.starts_with(&self.attempt));
        let mut others: Vec<_> = own
            .map(|(name, value)| {
                (Attempt::parse(value).map(|attempt| attempt.began), name, value.len())
            })
            .collect();
        // Newest first; what cannot be read is older than all.
        others.sort_unstable_by(|one, other| other.cmp(one));
        let mut bytes = attempt.text().len();
        let surplus = others.into_iter().enumerate().filter(|(place, (began, _, length))| {
            bytes = bytes.saturating_add(*length);
            began.is_none() || place.saturating_add(2) > MAX_ATTEMPTS || bytes > MAX_BYTES
        });
        let cleared = surplus.filter_map(|(_, (_, name, _))| self.set(name, "", "Lax", Some(0)));
        let name = self.name(&attempt.state());
        let set = self.set(&name, &attempt.text(), "Lax", Some(MAX_AGE.as_secs()));
        cleared.chain(set).collect()
    }

    pub(super) fn clear_attempt(&self, state: &State) -> Option<HeaderValue> {
        self.set(&self.name(state), "", "Lax", Some(0))
    }

    fn name(&self, state: &State) -> String {
        format!("{}{}", self.attempt, state.name())
    }

    fn set(
        &self,
        name: &str,
        value: &str,
        same_site: &str,
        max_age: Option<u64>,
    ) -> Option<HeaderValue> {
        let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let text =
            format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}{max_age}");
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// The cookies of a request (RFC 6265 §4.2.1) whose names and values are ASCII.
///
/// Each pair is read alone: a cookie with another character, which any subdomain can set, hides none
/// of the others.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';'));
    let pairs = pairs.filter(|pair| pair.is_ascii()).filter_map(|pair| str::from_utf8(pair).ok());
    pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
}
