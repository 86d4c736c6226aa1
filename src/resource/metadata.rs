use serde::Serialize;

/// The document (RFC 9728 §2): what has no value is not there (§3.2).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Metadata {
    pub(super) resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) scopes_supported: Vec<String>,
    pub(super) bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_documentation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_tos_uri: Option<String>,
}

impl Metadata {
    pub(super) fn new(resource: String) -> Self {
        Self {
            resource,
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            // All that `TokenSource::bearer()` reads (RFC 6750 §2.1).
            bearer_methods_supported: ["header"],
            resource_name: None,
            resource_documentation: None,
            resource_policy_uri: None,
            resource_tos_uri: None,
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings under names that are strings: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
