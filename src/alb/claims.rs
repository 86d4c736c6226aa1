//! The claims that a load balancer signs.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use crate::ClaimError;
use crate::claims::{NumericDate, read_member, serialize_raw};

/// The claims of `x-amzn-oidc-data`: who signed in at an Application Load Balancer. Cheap to clone.
///
/// [`AlbLayer`](crate::AlbLayer) puts them into the request's extensions; with the feature `axum`
/// they are an extractor, also as `Option<AlbClaims>`. They are what the user-info endpoint of the
/// user pool says, so there are no groups and no scopes: those are in the access token, in
/// `x-amzn-oidc-accesstoken`.
///
/// `Debug` shows nothing that identifies a person beyond `sub`.
///
/// Example: [behind a load balancer](crate::guide::deploying#behind-an-application-load-balancer).
///
/// Source: [Authenticate users using an Application Load Balancer][aws].
///
/// [aws]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
#[derive(Clone)]
pub struct AlbClaims {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) raw: Box<str>,
    pub(super) sub: String,
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
    pub(super) username: Option<String>,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) signer: String,
    pub(super) expires_at: NumericDate,
}

impl AlbClaims {
    /// The user: the claim `sub`. Unique in a pool, and never empty.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.inner.sub
    }

    /// The user's e-mail address, if the load balancer asks for it.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.inner.email.as_deref()
    }

    /// Whether the e-mail address is verified; `false` also when the claims do not say.
    #[must_use]
    pub fn email_verified(&self) -> bool {
        self.inner.email_verified
    }

    /// The user's name: the claim `username`.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.inner.username.as_deref()
    }

    /// The issuer that the user signed in at: `iss` of the header.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The app client of the load balancer: `client` of the header.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.inner.client_id
    }

    /// The ARN of the load balancer: `signer` of the header.
    #[must_use]
    pub fn signer(&self) -> &str {
        &self.inner.signer
    }

    /// When the token expires, and not the session: the earlier `exp` of header and payload.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.inner.expires_at.to_system_time()
    }

    /// One claim by its name, like `custom:tenant`; `None` if it is absent or `null`.
    ///
    /// Parses the payload on every call; keep the result if you need it often.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the claim has another type, or is there twice.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ClaimError> {
        let claim = read_member(&self.inner.raw, name);
        claim.map_err(|error| ClaimError::new::<T>(format!("the claim {name:?}"), &error))
    }

    /// All claims, as a type of your own.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if they do not fit the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimError> {
        let claims = serde_json::from_str(&self.inner.raw);
        claims.map_err(|error| ClaimError::new::<T>("the payload".to_owned(), &error))
    }
}

/// All claims of the data, as a JSON object.
impl Serialize for AlbClaims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_raw(&self.inner.raw, serializer)
    }
}

impl fmt::Debug for AlbClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbClaims")
            .field("sub", &self.inner.sub)
            .field("issuer", &self.inner.issuer)
            .field("client_id", &self.inner.client_id)
            .field("signer", &self.inner.signer)
            .field("expires_at", &self.inner.expires_at)
            .finish_non_exhaustive()
    }
}
