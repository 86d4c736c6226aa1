use std::fmt;
use std::sync::Arc;

use super::Identity;
use super::common::Common;
use super::kind::Kind;
use crate::TokenUse;

/// The claims of a verified ID token: who signed in. Cheap to clone.
///
/// With the feature `axum` an extractor: a request with an access token is refused. Other standard
/// and custom attributes are read by name, like `claim::<String>("custom:tenant")`.
///
/// What only informs is absent where it cannot be read: Cognito and its triggers write an attribute in
/// more than one form, and none of them locks its user out.
///
/// Example: [who is this](crate::guide::access_or_id_tokens#id-tokens-who-is-this).
///
/// Source: [Understanding the ID token][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
#[derive(Clone)]
pub struct IdClaims {
    inner: Arc<Inner>,
}

struct Inner {
    common: Common,
    email: Option<String>,
    email_verified: bool,
    phone_number: Option<String>,
    phone_number_verified: bool,
    identities: Vec<Identity>,
    roles: Vec<String>,
    preferred_role: Option<String>,
    nonce: Option<String>,
}

impl IdClaims {
    pub(super) fn new(common: Common, kind: Kind<'_>) -> Self {
        let mut inner = Inner {
            common,
            email: None,
            email_verified: false,
            phone_number: None,
            phone_number_verified: false,
            identities: Vec::new(),
            roles: Vec::new(),
            preferred_role: None,
            nonce: None,
        };
        if let Kind::Id {
            email,
            email_verified,
            phone_number,
            phone_number_verified,
            identities,
            roles,
            preferred_role,
            nonce,
            ..
        } = kind
        {
            inner.email = email.as_deref().map(str::to_owned);
            inner.email_verified = email_verified;
            inner.phone_number = phone_number.as_deref().map(str::to_owned);
            inner.phone_number_verified = phone_number_verified;
            inner.identities = identities;
            inner.roles = roles;
            inner.preferred_role = preferred_role.as_deref().map(str::to_owned);
            inner.nonce = nonce.as_deref().map(str::to_owned);
        }
        Self { inner: Arc::new(inner) }
    }

    /// The user's e-mail address, if the client may read it.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.inner.email.as_deref()
    }

    /// Whether the e-mail address is verified; `false` also when the token does not say.
    #[must_use]
    pub fn email_verified(&self) -> bool {
        self.inner.email_verified
    }

    /// The user's phone number, if the client may read it.
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.inner.phone_number.as_deref()
    }

    /// Whether the phone number is verified; `false` also when the token does not say.
    #[must_use]
    pub fn phone_number_verified(&self) -> bool {
        self.inner.phone_number_verified
    }

    /// The user's accounts at other identity providers.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.inner.identities
    }

    /// The IAM roles of the user's groups: the claim `cognito:roles`.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.inner.roles
    }

    /// The IAM role of the group that comes first: the claim `cognito:preferred_role`.
    #[must_use]
    pub fn preferred_role(&self) -> Option<&str> {
        self.inner.preferred_role.as_deref()
    }

    /// The `nonce` of the authorization request, for the application to compare (OpenID Connect
    /// Core §3.1.3.7).
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.inner.nonce.as_deref()
    }

    pub(super) fn common(&self) -> &Common {
        &self.inner.common
    }

    pub(super) fn kind(&self) -> TokenUse {
        TokenUse::Id
    }
}

impl fmt::Debug for IdClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdClaims").field("common", self.common()).finish_non_exhaustive()
    }
}
