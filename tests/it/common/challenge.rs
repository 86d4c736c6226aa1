//! Reads a `Bearer` challenge as strictly as RFC 6750 §3 is written.

use std::collections::BTreeMap;

use http::Response;

const NAMES: [&str; 5] = ["realm", "error", "error_description", "scope", "resource_metadata"];

/// The parameters of an answer's one challenge: each known, there once, and of allowed characters.
pub(crate) fn parameters<B>(response: &Response<B>) -> BTreeMap<String, String> {
    let lines: Vec<_> = response.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(lines.len(), 1, "one challenge: {lines:?}");
    let challenge = lines[0].to_str().expect("visible ASCII");
    let mut rest = challenge.strip_prefix("Bearer ").expect("the scheme, and a parameter behind");
    let mut parameters = BTreeMap::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").expect("a name, `=` and a quoted string");
        let (value, behind) = quoted.split_once('"').expect("a closing quote");
        assert!(NAMES.contains(&name), "an unknown parameter: {challenge}");
        assert!(value.bytes().all(is_allowed) && !value.is_empty(), "a bad value: {challenge}");
        let doubled = parameters.insert(name.to_owned(), value.to_owned());
        assert_eq!(doubled, None, "{name} is there twice: {challenge}");
        if behind.is_empty() {
            return parameters;
        }
        rest = behind.strip_prefix(", ").expect("a comma between parameters");
    }
}

/// `%x20-21 / %x23-5B / %x5D-7E` (RFC 6750 §3).
fn is_allowed(byte: u8) -> bool {
    matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~')
}
