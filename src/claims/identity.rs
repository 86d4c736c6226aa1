use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A user's account at another identity provider: a member of the claim `identities`.
///
/// Cognito writes some members as strings that are numbers or booleans elsewhere, and some as
/// `null`; all forms are read.
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
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    #[serde(default, deserialize_with = "optional_text")]
    user_id: Option<String>,
    provider_name: Option<String>,
    provider_type: Option<String>,
    issuer: Option<String>,
    #[serde(default, deserialize_with = "optional_flag")]
    primary: Option<bool>,
    #[serde(default, deserialize_with = "optional_number")]
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
        self.primary.unwrap_or_default()
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

/// A boolean, or one as a string.
#[derive(Debug)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        flag(deserializer).map(Self)
    }
}

/// `true`, `false`, `"true"` or `"false"`.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let expected = &"a boolean, or `true` or `false` as a string";
    match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Ok(flag),
        Value::String(text) => text
            .parse()
            .map_err(|_| D::Error::invalid_value(Unexpected::Other("a string"), expected)),
        _ => Err(D::Error::invalid_type(Unexpected::Other("another type"), expected)),
    }
}

fn optional_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    value.map(|value| flag(value).map_err(D::Error::custom)).transpose()
}

/// A string, or a number that should have been one.
fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(D::Error::custom("neither a string nor a number")),
    }
}

fn optional_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    })
}
