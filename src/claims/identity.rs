use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::inform;
use crate::json;

/// A user's account at another identity provider: a member of the claim `identities`.
///
/// Cognito writes some members as strings that are numbers or booleans elsewhere, and some as
/// `null`; all forms are read. A member that cannot be read is absent.
///
/// ```
/// use axum_cognito::{CognitoVerifier, TestPool, TokenUse};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = TestPool::offline();
/// let builder = CognitoVerifier::builder().trust(&pool, "web-client").token_use(TokenUse::Id);
/// let google = serde_json::json!([{ "providerName": "Google", "userId": "1070", "primary": "true" }]);
/// let token = pool.id_token("alice").client_id("web-client").claim("identities", google).sign();
///
/// let claims = builder.build()?.verify(&token).await?;
/// let identity = claims.as_id().and_then(|id| id.identities().first()).ok_or("an identity")?;
/// assert_eq!(identity.provider_name(), Some("Google"));
/// assert!(identity.is_primary());
/// # Ok(())
/// # }
/// ```
///
/// Source: [Understanding the ID token][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    user_id: Option<String>,
    provider_name: Option<String>,
    provider_type: Option<String>,
    issuer: Option<String>,
    primary: bool,
    date_created: Option<u64>,
}

impl Identity {
    /// The user's id at the provider.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The provider's name in the user pool, like `Google`.
    #[must_use]
    pub fn provider_name(&self) -> Option<&str> {
        self.provider_name.as_deref()
    }

    /// The provider's type, like `Google`, `SAML` or `OIDC`.
    #[must_use]
    pub fn provider_type(&self) -> Option<&str> {
        self.provider_type.as_deref()
    }

    /// The provider's issuer, where it has one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether this account was there first; `false` also when the token does not say.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// When the account was linked, in milliseconds since 1970.
    #[must_use]
    pub fn date_created(&self) -> Option<u64> {
        self.date_created
    }
}

impl std::fmt::Debug for Identity {
    /// Without the user's id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("provider_name", &self.provider_name)
            .field("provider_type", &self.provider_type)
            .finish_non_exhaustive()
    }
}

/// An identity as it was sent. A member that cannot be read is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    user_id: Option<Box<RawValue>>,
    provider_name: Option<Box<RawValue>>,
    provider_type: Option<Box<RawValue>>,
    issuer: Option<Box<RawValue>>,
    primary: Option<Box<RawValue>>,
    date_created: Option<Box<RawValue>>,
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        let text = |member: &Option<Box<RawValue>>| inform::text_or_number(member.as_deref());
        Ok(Self {
            user_id: text(&members.user_id),
            provider_name: text(&members.provider_name),
            provider_type: text(&members.provider_type),
            issuer: text(&members.issuer),
            primary: inform::flag(members.primary.as_deref()),
            date_created: text(&members.date_created).and_then(|digits| digits.parse().ok()),
        })
    }
}

/// The identities of the claim: a list, also written as a string, without what is no identity.
pub(super) fn read_all(claim: Option<&RawValue>) -> Vec<Identity> {
    let Some(claim) = claim else { return Vec::new() };
    let Some(list) = inform::text(Some(claim)) else { return of_list(claim.get()) };
    of_list(&list)
}

fn of_list(list: &str) -> Vec<Identity> {
    let members: Vec<&RawValue> = serde_json::from_str(list).unwrap_or_default();
    members.into_iter().filter_map(|member| json::from_object(member.get()).ok()).collect()
}
