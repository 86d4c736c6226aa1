//! The `WWW-Authenticate` header of a refusal (RFC 6750 §3).

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use http::HeaderValue;

use crate::clock::Clock;
use crate::{ConfigError, TokenSource};

const DEFAULT_REALM: &str = "cognito";

/// What a layer's challenges say besides the error: its realm, and where its metadata is.
///
/// The layer leaves it in each request's extensions: it marks that the layer was there, and lets
/// what comes further in answer with the layer's own challenge.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    settings: Arc<Settings>,
    /// The clock of the layer's verifier, for what is required of a sign-in's age.
    clock: Clock,
    /// Where the layer looks for the token, for who wants it again.
    sources: Arc<[TokenSource]>,
}

#[derive(Clone)]
struct Settings {
    scheme: &'static str,
    realm: String,
    resource_metadata: Option<String>,
    built: Built,
}

/// More than the crate has texts; one beyond would be built each time.
const MAX_BUILT: usize = 48;

/// The values that were built so far, each under its `error` and `error_description`.
type Built = [OnceLock<(Option<Error>, HeaderValue)>; MAX_BUILT];

/// An `error` code and its `error_description`: fixed texts, never what a client sent.
type Error = (&'static str, &'static str);

/// Shared by all that set nothing, with what they build.
static DEFAULT: LazyLock<Challenge> = LazyLock::new(|| Challenge::with_scheme("Bearer"));

impl Default for Challenge {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scheme", &self.scheme)
            .field("realm", &self.realm)
            .field("resource_metadata", &self.resource_metadata)
            .finish_non_exhaustive()
    }
}

impl Challenge {
    /// Goes by this clock.
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Goes by these sources of the token.
    pub(crate) fn set_sources(&mut self, sources: Arc<[TokenSource]>) {
        self.sources = sources;
    }

    /// Where the layer looks for the token.
    pub(crate) fn sources(&self) -> &[TokenSource] {
        &self.sources
    }

    /// What time it is by the clock of the layer's verifier, since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now().wall()
    }

    /// Takes what is allowed of the realm, and an error if that is not all of it.
    pub(crate) fn set_realm(&mut self, realm: &str) -> Result<(), ConfigError> {
        let clean = quotable(realm);
        let realm_or_default = if clean.is_empty() { DEFAULT_REALM.to_owned() } else { clean };
        self.change(|settings| settings.realm = realm_or_default);
        check("realm", realm)
    }

    /// As [`set_realm`](Self::set_realm), for the URL of RFC 9728 §5.1.
    pub(crate) fn set_resource_metadata(&mut self, url: &str) -> Result<(), ConfigError> {
        let clean = Some(quotable(url)).filter(|url| !url.is_empty());
        self.change(|settings| settings.resource_metadata = clean);
        check("resource_metadata URL", url)
    }

    /// The header's value: a realm always, so that the scheme has a parameter (RFC 6750 §3).
    ///
    /// Each is built once, but for those that say what the request needs: `scope` (RFC 6750 §3),
    /// `acr_values` and `max_age` (RFC 9470 §3).
    pub(crate) fn value(&self, error: Option<Error>, needed: &[(&str, &str)]) -> HeaderValue {
        let slots = self.settings.built.iter().filter(|_| needed.is_empty());
        for slot in slots {
            let (own, value) = slot.get_or_init(|| (error, self.build(error, &[])));
            if *own == error {
                return value.clone();
            }
        }
        self.build(error, needed)
    }

    fn build(&self, error: Option<Error>, needed: &[(&str, &str)]) -> HeaderValue {
        let mut text = format!("{} realm=\"{}\"", self.settings.scheme, self.settings.realm);
        if let Some((code, description)) = error {
            // Writing to a string cannot fail.
            let _ = write!(text, ", error=\"{code}\", error_description=\"{description}\"");
        }
        for (name, list) in needed {
            // Each is a list of scopes, of levels, or one number (RFC 6750 §3, RFC 9470 §3).
            let words: Vec<_> = list.split(' ').filter(|word| !word.is_empty()).collect();
            if !words.is_empty() && words.iter().all(|word| is_scope_token(word)) {
                let _ = write!(text, ", {name}=\"{}\"", words.join(" "));
            }
        }
        if let Some(url) = &self.settings.resource_metadata {
            let _ = write!(text, ", resource_metadata=\"{url}\"");
        }
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Bearer realm=\"cognito\""))
    }

    /// A challenge of another scheme than `Bearer`, with the default realm.
    pub(crate) fn with_scheme(scheme: &'static str) -> Self {
        let realm = DEFAULT_REALM.to_owned();
        let (resource_metadata, built) = (None, std::array::from_fn(|_| OnceLock::new()));
        let settings = Arc::new(Settings { scheme, realm, resource_metadata, built });
        Self { settings, clock: Clock::default(), sources: Arc::default() }
    }

    /// What was built before a change no longer holds.
    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        let settings = Arc::make_mut(&mut self.settings);
        settings.built = std::array::from_fn(|_| OnceLock::new());
        change(settings);
    }
}

/// `1*( %x21 / %x23-5B / %x5D-7E )`: one scope (RFC 6749 §3.3).
pub(crate) fn is_scope_token(text: &str) -> bool {
    let is_scope_byte = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    !text.is_empty() && text.bytes().all(is_scope_byte)
}

/// Only the characters that RFC 6750 §3 allows between quotes.
fn quotable(text: &str) -> String {
    text.chars().filter(|char| is_quotable(*char)).collect()
}

fn is_quotable(char: char) -> bool {
    matches!(char, ' '..='~') && !matches!(char, '"' | '\\')
}

fn check(name: &'static str, value: &str) -> Result<(), ConfigError> {
    if value.is_empty() || !value.chars().all(is_quotable) {
        return Err(ConfigError::Challenge { name, value: value.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_are_left_out_and_named() {
        let mut challenge = Challenge::default();
        let error = challenge.set_realm("a\"b\\c\r\nd\u{e9}").expect_err("forbidden characters");
        assert!(error.to_string().contains("realm"), "{error}");
        assert_eq!(challenge.value(None, &[]), "Bearer realm=\"abcd\"");
        assert!(challenge.set_realm("").is_err());
        assert_eq!(challenge.value(None, &[]), "Bearer realm=\"cognito\"");
    }

    #[test]
    fn a_challenge_that_was_built_is_not_given_for_another() {
        let mut challenge = Challenge::default();
        let texts = (0..=MAX_BUILT).map(|number| &*format!("No. {number}").leak());
        let errors: Vec<_> = texts.flat_map(|text| [("a", text), ("b", text)]).collect();
        for (error, text) in errors.iter().chain(&errors) {
            let expected = format!(
                "Bearer realm=\"cognito\", error=\"{error}\", error_description=\"{text}\""
            );
            assert_eq!(challenge.value(Some((error, text)), &[]), expected);
        }
        assert_eq!(challenge.value(None, &[]), "Bearer realm=\"cognito\"");
        challenge.set_realm("orders").expect("a good realm");
        let expected = "Bearer realm=\"orders\", error=\"a\", error_description=\"No. 0\"";
        assert_eq!(challenge.value(Some(errors[0]), &[]), expected);
    }

    #[test]
    fn each_parameter_stands_there_once_and_in_order() {
        let mut challenge = Challenge::default();
        challenge.set_realm("orders").expect("a good realm");
        challenge.set_resource_metadata("https://a.example/m").expect("a good URL");
        assert_eq!(
            challenge.value(Some(("insufficient_scope", "No.")), &[("scope", " a/b  c ")]),
            "Bearer realm=\"orders\", error=\"insufficient_scope\", error_description=\"No.\", \
             scope=\"a/b c\", resource_metadata=\"https://a.example/m\"",
        );
    }

    #[test]
    fn a_list_with_a_word_that_cannot_be_in_it_is_left_out() {
        for list in ["", " ", "a\"", "a b\\", "orders \u{e9}", "a\nb", "a\tb"] {
            let value = Challenge::default().value(None, &[("scope", list)]);
            assert_eq!(value, "Bearer realm=\"cognito\"", "{list:?}");
        }
    }
}
