//! The addresses that keys are read from, and issuers, which are addresses too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;

use crate::ConfigError;

/// Checks that this is a URL as [`parse`] takes it: https, or http to a loopback host. `allow_http`
/// takes http to any host.
pub(crate) fn check(url: &str, role: &'static str, allow_http: bool) -> Result<(), ConfigError> {
    let uri = parse(url, role)?;
    let is_safe = uri.scheme_str() == Some("https") || uri.host().is_some_and(is_loopback);
    if is_safe || allow_http {
        Ok(())
    } else {
        Err(ConfigError::InsecureUrl { url: url.to_owned() })
    }
}

/// An absolute http or https URL without query, fragment and password.
pub(crate) fn parse(url: &str, role: &'static str) -> Result<Uri, ConfigError> {
    let wrong = |problem| ConfigError::Url { url: url.to_owned(), role, problem };
    let uri =
        Uri::from_str(url).map_err(|_| wrong("it should be a URL, like `https://host/path`"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("it should begin with `https://` and a host"));
    };
    if !is_address(authority) {
        return Err(wrong("its host or port cannot exist"));
    }
    if url.contains(['?', '#']) || authority.as_str().contains('@') {
        return Err(wrong("it should have no query, fragment or password"));
    }
    if !matches!(scheme, "https" | "http") {
        return Err(wrong("its scheme should be https"));
    }
    Ok(uri)
}

/// Whether this host of a URL is the machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let parsed = address.parse::<IpAddr>();
    // Every name under `localhost` too (RFC 6761 §6.3).
    let is_localhost = host.rsplit('.').next().is_some_and(|label| {
        label.eq_ignore_ascii_case("localhost") && host.split('.').all(|label| !label.is_empty())
    });
    is_localhost || parsed.is_ok_and(|address| address.is_loopback())
}

/// Whether there may be something at this host and port.
fn is_address(authority: &Authority) -> bool {
    let host = authority.host();
    let port = authority.as_str().rsplit_once(host).map_or("", |(_, port)| port);
    let is_port = port.is_empty() || authority.port_u16().is_some();
    let last_label = host.rsplit('.').next().unwrap_or_default();
    let is_host = if let Some(address) = host.strip_prefix('[') {
        address.trim_end_matches(']').parse::<Ipv6Addr>().is_ok()
    } else if last_label.bytes().all(|byte| byte.is_ascii_digit()) {
        host.parse::<Ipv4Addr>().is_ok()
    } else {
        true
    };
    is_port && is_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_told_from_names_that_begin_like_one() {
        for host in [
            "localhost",
            "LOCALHOST",
            "a.localhost",
            "a.b.LocalHost",
            "127.0.0.1",
            "127.1.2.3",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example.com",
            ".localhost",
            "a..localhost",
            "mylocalhost",
            "127.0.0.1.example.com",
            "128.0.0.1",
            "[::2]",
            "0.0.0.0",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
