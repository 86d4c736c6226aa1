use std::collections::HashSet;
use std::str::FromStr;

use http::Uri;

use super::ProtectedResource;
use super::identifier::Identifier;
use super::metadata::Metadata;
use crate::pool::url::{self, is_loopback};
use crate::rejection::is_scope_token;
use crate::{ConfigError, UserPool};

/// Settings of a [`ProtectedResource`]: from [`ProtectedResource::builder`].
///
/// Each is a parameter of RFC 9728 §2, under its name, and not in the document unless it is set.
///
/// ```
/// use axum_cognito::ProtectedResource;
///
/// let resource = ProtectedResource::builder("https://api.example.com/mcp")
///     .scopes_supported(["https://api.example.com/mcp/tools"])
///     .resource_name("Tools")
///     .build()?;
/// let url = "https://api.example.com/.well-known/oauth-protected-resource/mcp";
/// assert_eq!(resource.metadata_url(), url);
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ProtectedResourceBuilder {
    metadata: Metadata,
    /// Those of the authorization servers that no pool has checked.
    urls: Vec<String>,
}

impl ProtectedResourceBuilder {
    pub(super) fn new(identifier: &str) -> Self {
        Self { metadata: Metadata::new(identifier.to_owned()), urls: Vec::new() }
    }

    /// The issuers that a client may get its token from, in the place of those that were set.
    ///
    /// Defaults to none here, and to the pools that the layer trusts in
    /// [`protect`](ProtectedResource::protect). A pool is named by its first issuer.
    pub fn authorization_servers<'a>(
        mut self,
        pools: impl IntoIterator<Item = &'a UserPool>,
    ) -> Self {
        self.metadata.authorization_servers = first_issuers(pools);
        self.urls.clear();
        self
    }

    /// Issuers that are no user pool's own, like that of a proxy which completes what a pool says
    /// of itself; in the place of those that were set.
    pub fn authorization_server_urls<I>(mut self, issuers: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.urls = texts(issuers);
        self.metadata.authorization_servers = self.urls.clone();
        self
    }

    /// The scopes that a client may ask for, like `orders/read`. Many clients ask for all of them.
    pub fn scopes_supported<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.metadata.scopes_supported = texts(scopes);
        self
    }

    /// The name of the API, for its users to read.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.metadata.resource_name = Some(name.into());
        self
    }

    /// The URL of a page for the developers of clients.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.metadata.resource_documentation = Some(url.into());
        self
    }

    /// The URL of a page that says how a client may use the API's data.
    pub fn resource_policy_uri(mut self, url: impl Into<String>) -> Self {
        self.metadata.resource_policy_uri = Some(url.into());
        self
    }

    /// The URL of the terms of service.
    pub fn resource_tos_uri(mut self, url: impl Into<String>) -> Self {
        self.metadata.resource_tos_uri = Some(url.into());
        self
    }

    /// The resource.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first parameter that cannot be right: the identifier, as
    /// [`ProtectedResource::new`] says; an issuer that is not https (or http to a loopback host)
    /// or has a query or fragment (RFC 8414 §2); a scope that cannot be one (RFC 6749 §3.3) or is
    /// there twice; an empty name; a page whose URL is not absolute.
    pub fn build(self) -> Result<ProtectedResource, ConfigError> {
        let identifier = Identifier::parse(&self.metadata.resource)?;
        self.check_issuers()?;
        self.check_scopes()?;
        if self.metadata.resource_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            let name = self.metadata.resource_name.unwrap_or_default();
            return Err(wrong("resource_name", &name, "it should not be empty"));
        }
        self.check_pages()?;
        Ok(ProtectedResource { identifier, metadata: self.metadata })
    }

    fn check_issuers(&self) -> Result<(), ConfigError> {
        const NAME: &str = "authorization_servers";
        for issuer in &self.urls {
            let uri = url::parse(issuer, "an issuer")?;
            if uri.scheme_str() != Some("https") && !uri.host().is_some_and(is_loopback) {
                let problem = "it should be https, or http to a loopback host";
                return Err(wrong(NAME, issuer, problem));
            }
        }
        check_distinct(NAME, &self.metadata.authorization_servers)
    }

    fn check_scopes(&self) -> Result<(), ConfigError> {
        const NAME: &str = "scopes_supported";
        for scope in &self.metadata.scopes_supported {
            if !is_scope_token(scope) {
                let problem = "it should be one scope: visible ASCII without spaces, `\"` and `\\`";
                return Err(wrong(NAME, scope, problem));
            }
        }
        check_distinct(NAME, &self.metadata.scopes_supported)
    }

    fn check_pages(&self) -> Result<(), ConfigError> {
        let pages = [
            ("resource_documentation", &self.metadata.resource_documentation),
            ("resource_policy_uri", &self.metadata.resource_policy_uri),
            ("resource_tos_uri", &self.metadata.resource_tos_uri),
        ];
        for (name, page) in pages {
            let Some(url) = page else { continue };
            let scheme = Uri::from_str(url).ok().and_then(|uri| uri.scheme().cloned());
            if !scheme.is_some_and(|scheme| matches!(scheme.as_str(), "https" | "http")) {
                return Err(wrong(name, url, "it should be a URL, like `https://host/path`"));
            }
        }
        Ok(())
    }
}

/// What names each of these pools to a client: the issuer that serves its configuration.
pub(super) fn first_issuers<'a>(pools: impl IntoIterator<Item = &'a UserPool>) -> Vec<String> {
    pools.into_iter().filter_map(|pool| pool.issuers().first().cloned()).collect()
}

fn check_distinct(parameter: &'static str, values: &[String]) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    match values.iter().find(|value| !seen.insert(value.as_str())) {
        Some(value) => Err(wrong(parameter, value, "it is there twice: name it once")),
        None => Ok(()),
    }
}

fn texts<I: IntoIterator<Item: Into<String>>>(texts: I) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn wrong(parameter: &'static str, value: &str, problem: &'static str) -> ConfigError {
    ConfigError::ResourceMetadata { parameter, value: value.to_owned(), problem }
}
