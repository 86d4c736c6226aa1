use std::fmt;
use std::sync::Arc;

use super::address::Address;
use super::cookies::Cookies;
use super::csrf::CrossSite;
use super::destination::Destination;
use super::sessions::Sessions;
use crate::rejection::{Challenge, Needed};

/// What the layer and the routes of a sign-in go by.
pub(super) struct Site {
    pub(super) sessions: Arc<Sessions>,
    pub(super) address: Address,
    /// Where the routes are inside the application, like `/auth`.
    pub(super) path: String,
    pub(super) cookies: Cookies,
    pub(super) cross_site: CrossSite,
    pub(super) challenge: Challenge,
    /// Between spaces.
    pub(super) scopes: String,
    pub(super) is_lax: bool,
    pub(super) takes_bearer: bool,
}

impl Site {
    /// Where Cognito sends the browser back to.
    pub(super) fn callback_url(&self) -> String {
        self.address.url(&format!("{}/callback", self.path))
    }

    /// Where Cognito sends the browser after a sign-out.
    pub(super) fn signed_out_url(&self) -> String {
        self.address.url("/")
    }

    /// A destination, if it is one of this application.
    pub(super) fn destination(&self, text: &str) -> Option<Destination> {
        Destination::parse(text, &self.address, &self.path)
    }

    /// The address that begins a sign-in, which ends at `to` and is as needed.
    pub(super) fn sign_in_path(&self, to: Option<&Destination>, needed: &Needed) -> String {
        let max_age = needed.max_age.map(|seconds| seconds.to_string());
        let parameters = [
            ("to", to.map(Destination::as_str)),
            ("max_age", max_age.as_deref()),
            ("acr_values", needed.acr_values.as_deref()),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}/sign-in{mark}{query}", self.address.path(), self.path)
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("address", &self.address)
            .field("path", &self.path)
            .field("scopes", &self.scopes)
            .field("is_lax", &self.is_lax)
            .field("takes_bearer", &self.takes_bearer)
            .finish_non_exhaustive()
    }
}
