use std::fmt;

use super::address::Address;

/// The longest destination: five sign-ins that were begun keep one each in a cookie.
const MAX_LENGTH: usize = 1024;
/// How often a path is decoded to see what it may become further in: a proxy and a router are two.
const DECODINGS: usize = 3;

/// Where a browser goes after a sign-in: a path of this application, with query and fragment.
///
/// Never another site's (RFC 9700 §4.11): it begins with one slash, and no reading of it by a
/// browser, a proxy or a router makes it anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination(String);

impl Destination {
    /// The start page.
    pub(super) fn start(address: &Address) -> Self {
        Self(format!("{}/", address.path()))
    }

    /// A path as browsers see it; `None` if it leads out of the application, or back into the
    /// sign-in's own pages below `own`.
    pub(super) fn parse(text: &str, address: &Address, own: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH || !text.bytes().all(is_of_url) {
            return None;
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let mut decoded = path.as_bytes().to_vec();
        for _ in 0..DECODINGS {
            if !is_inside(&decoded, address.path(), own) {
                return None;
            }
            decoded = decode(&decoded);
        }
        // What is not decoded by now is encoded on purpose.
        let is_decoded = decode(&decoded) == decoded && is_inside(&decoded, address.path(), own);
        is_decoded.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A character of a URL (RFC 3986 §2), without those that are one only inside brackets.
fn is_of_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte)
}

/// Whether a path stays below `base`, outside of `own`, and has no segment that could lead away: an
/// empty one, `.` or `..`, a backslash or a control character.
fn is_inside(path: &[u8], base: &str, own: &str) -> bool {
    if path.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
        return false;
    }
    let Some(inner) = path.strip_prefix(base.as_bytes()) else { return false };
    let Some(segments) = inner.strip_prefix(b"/") else {
        // The application's path itself, without a slash.
        return inner.is_empty() && !base.is_empty();
    };
    let mut segments_left = segments.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments_left.next() {
        // A slash at the end is fine, and so is the start page.
        let is_last = segments_left.peek().is_none();
        if matches!(segment, b"." | b"..") || (segment.is_empty() && !is_last) {
            return false;
        }
    }
    let behind = inner.strip_prefix(own.as_bytes());
    !behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(b"/"))
}

/// Percent-decodes once; what is not an encoding stays.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let encoded = behind.first_chunk::<2>().filter(|_| *first == b'%').and_then(from_hex);
        decoded.push(encoded.unwrap_or(*first));
        rest = behind.get(if encoded.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    decoded
}

fn from_hex(digits: &[u8; 2]) -> Option<u8> {
    // `from_str_radix` takes a sign too.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_in(text: &str, address: &str) -> bool {
        let address = Address::parse(address).expect("an address");
        Destination::parse(text, &address, "/auth").is_some()
    }

    #[test]
    fn a_path_of_the_application_is_a_destination() {
        for text in [
            "/",
            "/orders",
            "/orders/",
            "/orders/7?sort=date&page=2#top",
            "/search?to=//evil.example&x=%2F%2Fevil.example",
            "/@alice",
            "/a:b",
            "/caf%C3%A9",
            "/files/100%25",
            "/authors",
        ] {
            assert!(lets_in(text, "https://app.example.com"), "{text}");
        }
    }

    #[test]
    fn what_may_lead_to_another_site_is_refused() {
        for text in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /orders",
            "/orders ",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "@evil.example",
            ".evil.example",
            "orders",
            "?a=b",
            "#a",
            "/%2f/evil.example",
            "/%2fevil.example",
            "/%2F%2Fevil.example",
            "/%5cevil.example",
            "/%5C/evil.example",
            "/%255cevil.example",
            "/%252f/evil.example",
            "/%25252f/evil.example",
            "/%2525252f/evil.example",
            "/%09/evil.example",
            "/%0d%0aset-cookie:a=b",
            "/%00",
            "/./evil",
            "/.//evil.example",
            "/../evil",
            "/..//evil.example",
            "/%2e%2e//evil.example",
            "/a//evil.example",
            "/\u{2215}evil.example",
            "/\u{ff0f}/evil.example",
            "/caf\u{e9}",
            "/a\"b",
            "/a<b",
            "/[a]",
        ] {
            assert!(!lets_in(text, "https://app.example.com"), "{text}");
        }
        assert!(!lets_in(&format!("/{}", "a".repeat(MAX_LENGTH)), "https://app.example.com"));
    }

    #[test]
    fn another_application_of_the_same_origin_is_no_destination() {
        let address = "https://example.com/shop";
        for text in ["/shop", "/shop/", "/shop/orders", "/shop?a=b"] {
            assert!(lets_in(text, address), "{text}");
        }
        for text in ["/", "/shopping", "/admin", "/shop/../admin", "/shop/%2e%2e/admin", "/shop//"]
        {
            assert!(!lets_in(text, address), "{text}");
        }
    }

    #[test]
    fn a_page_of_the_sign_in_itself_is_no_destination() {
        for text in ["/auth", "/auth/sign-in", "/auth/callback?code=a", "/%61uth/sign-in"] {
            assert!(!lets_in(text, "https://app.example.com"), "{text}");
        }
        assert!(!lets_in("/shop/auth/sign-in", "https://example.com/shop"));
    }
}
