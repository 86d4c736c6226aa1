//! The `WWW-Authenticate` header of a refusal (RFC 6750 §3).

use std::fmt::Write as _;
use std::sync::Arc;

use http::HeaderValue;

use crate::ConfigError;

const DEFAULT_REALM: &str = "cognito";
/// No scheme of the registry: a client that knows it does not exist, and none tries to meet it with
/// a token of its own, as it would with `Bearer`.
#[cfg(feature = "alb")]
const LOAD_BALANCER_SCHEME: &str = "ALB";

/// What a layer's challenges say besides the error: its realm, and where its metadata is.
///
/// The layer leaves it in each request's extensions: it marks that the layer was there, and lets
/// what comes further in answer with the layer's own challenge.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
struct Settings {
    scheme: &'static str,
    realm: String,
    resource_metadata: Option<String>,
}

impl Default for Challenge {
    fn default() -> Self {
        Self::of_scheme("Bearer")
    }
}

impl Challenge {
    /// Says that the request should have come through a load balancer, signed in.
    #[cfg(feature = "alb")]
    pub(crate) fn load_balancer() -> Self {
        Self::of_scheme(LOAD_BALANCER_SCHEME)
    }

    /// Takes what is allowed of the realm, and an error if that is not all of it.
    pub(crate) fn set_realm(&mut self, realm: &str) -> Result<(), ConfigError> {
        let clean = quotable(realm);
        let realm_or_default = if clean.is_empty() { DEFAULT_REALM.to_owned() } else { clean };
        Arc::make_mut(&mut self.settings).realm = realm_or_default;
        check("realm", realm)
    }

    /// As [`set_realm`](Self::set_realm), for the URL of RFC 9728 §5.1.
    pub(crate) fn set_resource_metadata(&mut self, url: &str) -> Result<(), ConfigError> {
        let clean = Some(quotable(url)).filter(|url| !url.is_empty());
        Arc::make_mut(&mut self.settings).resource_metadata = clean;
        check("resource_metadata URL", url)
    }

    /// The header's value: a realm always, so that the scheme has a parameter (RFC 6750 §3).
    pub(crate) fn value(&self, error: Option<(&str, &str)>, scope: Option<&str>) -> HeaderValue {
        let mut text = format!("{} realm=\"{}\"", self.settings.scheme, self.settings.realm);
        if let Some((code, description)) = error {
            // Writing to a string cannot fail.
            let _ = write!(text, ", error=\"{code}\", error_description=\"{description}\"");
        }
        if let Some(scope) = scope.map(quotable).filter(|scope| !scope.trim().is_empty()) {
            let _ = write!(text, ", scope=\"{scope}\"");
        }
        if let Some(url) = &self.settings.resource_metadata {
            let _ = write!(text, ", resource_metadata=\"{url}\"");
        }
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Bearer realm=\"cognito\""))
    }

    fn of_scheme(scheme: &'static str) -> Self {
        let realm = DEFAULT_REALM.to_owned();
        Self { settings: Arc::new(Settings { scheme, realm, resource_metadata: None }) }
    }
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
        assert_eq!(challenge.value(None, None), "Bearer realm=\"abcd\"");
        assert!(challenge.set_realm("").is_err());
        assert_eq!(challenge.value(None, None), "Bearer realm=\"cognito\"");
    }

    #[test]
    fn each_parameter_stands_there_once_and_in_order() {
        let mut challenge = Challenge::default();
        challenge.set_realm("orders").expect("a good realm");
        challenge.set_resource_metadata("https://a.example/m").expect("a good URL");
        assert_eq!(
            challenge.value(Some(("insufficient_scope", "No.")), Some("a/b c\"")),
            "Bearer realm=\"orders\", error=\"insufficient_scope\", error_description=\"No.\", \
             scope=\"a/b c\", resource_metadata=\"https://a.example/m\"",
        );
    }
}
