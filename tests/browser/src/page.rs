use serde_json::Value;

/// A cookie as the browser keeps it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it is sent over https alone, or to a loopback host.
    pub is_secure: bool,
    /// Whether it is out of reach of scripts.
    pub is_http_only: bool,
    /// `Strict`, `Lax` or `None`.
    pub same_site: String,
}

impl Cookie {
    pub(crate) fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let flag = |name: &str| value[name].as_bool().unwrap_or_default();
        Self {
            name: text("name"),
            value: text("value"),
            is_secure: flag("secure"),
            is_http_only: flag("httpOnly"),
            same_site: text("sameSite"),
        }
    }
}
