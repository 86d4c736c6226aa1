use crate::ConfigError;
use crate::pool::url::{self, is_loopback};

const ROLE: &str = "a resource identifier";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The URL that names a protected resource (RFC 9728 §1.2), and where its metadata are.
#[derive(Clone, Debug)]
pub(super) struct Identifier {
    pub(super) url: String,
    pub(super) metadata_url: String,
    /// The path of the metadata's URL.
    pub(super) metadata_path: String,
}

impl Identifier {
    /// Clients compare identifiers to the letter, and many parse them as URLs before (RFC 9728
    /// §3.3): so only what a parser leaves as it is.
    pub(super) fn parse(url: &str) -> Result<Self, ConfigError> {
        let wrong = |problem| ConfigError::Url { url: url.to_owned(), role: ROLE, problem };
        let uri = url::parse(url, ROLE)?;
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        if scheme == "http" && !is_loopback(host) {
            return Err(wrong("it should be https, or http to a loopback host"));
        }
        let origin = url.strip_suffix(uri.path()).unwrap_or(url);
        if origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(wrong("its scheme and host should be in lower case"));
        }
        if matches!((scheme, uri.port_u16()), ("https", Some(443)) | ("http", Some(80))) {
            return Err(wrong("the scheme's own port should be left out"));
        }
        path_problem(uri.path()).map_or(Ok(()), |problem| Err(wrong(problem)))?;
        // A slash that is the whole path goes before the insertion (RFC 9728 §3.1).
        let path = Some(uri.path()).filter(|path| *path != "/").unwrap_or_default();
        let metadata_path = format!("{WELL_KNOWN}{path}");
        let metadata_url = format!("{origin}{metadata_path}");
        Ok(Self { url: url.to_owned(), metadata_url, metadata_path })
    }
}

/// What keeps this path from being the same for every client and for the router.
fn path_problem(path: &str) -> Option<&'static str> {
    if !path.bytes().all(is_path_byte) {
        return Some("its path has characters that should be percent-encoded");
    }
    if path.split('/').any(is_dot_segment) {
        return Some("its path should have no segment `.` or `..`, encoded or not");
    }
    if path.split('/').any(|segment| segment.starts_with([':', '*'])) {
        return Some("no segment of its path should begin with `:` or `*`, as a router's pattern");
    }
    None
}

/// What URL parsers take away, in each of its spellings.
fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

/// A character of a path (RFC 3986 §3.3).
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/".contains(&byte)
}
