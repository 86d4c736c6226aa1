use crate::ConfigError;
use crate::pool::url;

const ROLE: &str = "the address of an application";

/// Where browsers find the application: its origin, and the path that all of its own begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    origin: String,
    /// Empty, or like `/shop`.
    path: String,
}

impl Address {
    /// Takes https, or http to a loopback host: cookies of a session are sent nowhere else.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |problem| ConfigError::Url { url: text.to_owned(), role: ROLE, problem };
        let uri = url::parse(text, ROLE)?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(wrong("it should begin with `https://` and a host"));
        };
        if scheme != "https" && !url::is_loopback(host) {
            return Err(wrong("it should be https, or http to a loopback host"));
        }
        let path = uri.path().trim_end_matches('/');
        if !path.is_empty() && !is_path(path) {
            return Err(wrong("its path should be segments of letters, digits and `-._~`"));
        }
        let default_port = if scheme == "https" { 443 } else { 80 };
        let port = uri.port_u16().filter(|port| *port != default_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        // As a browser writes it in `Origin` (WHATWG URL, serialization of an origin).
        let origin = format!("{scheme}://{}{port}", host.to_ascii_lowercase());
        Ok(Self { origin, path: path.to_owned() })
    }

    /// As in the header `Origin`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The path of the application: empty, or like `/shop`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The absolute URL of a path inside the application.
    pub(super) fn url(&self, inner: &str) -> String {
        format!("{}{}{inner}", self.origin, self.path)
    }
}

/// Whether this is one segment or several, each behind a slash, of characters that nothing encodes
/// (RFC 3986 §2.3), and none that moves up or stays.
pub(super) fn is_path(path: &str) -> bool {
    let is_unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    path.len() <= 128
        && path.strip_prefix('/').is_some_and(|segments| {
            segments.split('/').all(|segment| {
                !matches!(segment, "" | "." | "..") && segment.bytes().all(is_unreserved)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin, path) in [
            ("https://app.example.com", "https://app.example.com", ""),
            ("https://App.Example.com:443/", "https://app.example.com", ""),
            ("https://example.com:8443/shop/eu/", "https://example.com:8443", "/shop/eu"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000", ""),
            ("http://localhost:80", "http://localhost", ""),
            ("http://[::1]:3000", "http://[::1]:3000", ""),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!((address.origin(), address.path()), (origin, path), "{text}");
        }
    }

    #[test]
    fn an_address_that_browsers_would_send_no_cookie_to_is_refused() {
        for text in [
            "http://app.example.com",
            "app.example.com",
            "ftp://app.example.com",
            "https://user@app.example.com",
            "https://app.example.com/?a=b",
            "https://app.example.com/#a",
            "https://app.example.com/a/../b",
            "https://app.example.com//a",
            "https://app.example.com/a%2fb",
            "",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
