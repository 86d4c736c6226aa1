use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{AccessClaims, CognitoClaims, IdClaims, member};
use crate::{ClaimError, TokenUse};

/// The methods that all three types of claims have.
macro_rules! accessors {
    ($($claims:ty),*) => { $(
        impl $claims {
            /// The user, or the app client of a machine: the claim `sub`. Unique in a pool, never
            /// empty, and not always a UUID.
            #[must_use]
            pub fn sub(&self) -> &str {
                &self.common().sub
            }

            /// The issuer, as in the claim `iss`.
            #[must_use]
            pub fn issuer(&self) -> &str {
                &self.common().origin.issuer
            }

            /// The id of the user pool that issued the token: the tenant, where each has a pool.
            ///
            /// Example: [several pools](crate::guide::several_pools).
            #[must_use]
            pub fn user_pool_id(&self) -> &str {
                &self.common().origin.user_pool_id
            }

            /// The app client that the token was made for: `client_id`, or `aud` of an ID token.
            #[must_use]
            pub fn client_id(&self) -> &str {
                &self.common().client_id
            }

            /// The user's name: `username`, or `cognito:username` of an ID token. `None` for
            /// machines.
            #[must_use]
            pub fn username(&self) -> Option<&str> {
                self.common().username.as_deref()
            }

            /// The user's groups: the claim `cognito:groups`. Empty without it.
            #[must_use]
            pub fn groups(&self) -> &[String] {
                &self.common().groups
            }

            /// Whether the user is in exactly this group.
            ///
            /// Example: [in a handler](crate::guide::scopes_groups_roles#in-the-handler).
            #[must_use]
            pub fn in_group(&self, group: &str) -> bool {
                self.groups().iter().any(|own| own == group)
            }

            /// The kind of the token: [`TokenUse::Access`] or [`TokenUse::Id`].
            #[must_use]
            pub fn token_use(&self) -> TokenUse {
                self.kind()
            }

            /// When the token was issued: the claim `iat`.
            #[must_use]
            pub fn issued_at(&self) -> SystemTime {
                self.common().times.issued_at.to_system_time()
            }

            /// When the token expires: the claim `exp`.
            ///
            /// Example: [a WebSocket](crate::guide::recipes#websocket).
            #[must_use]
            pub fn expires_at(&self) -> SystemTime {
                self.common().times.expires_at.to_system_time()
            }

            /// When the user signed in: the claim `auth_time`.
            #[must_use]
            pub fn auth_time(&self) -> Option<SystemTime> {
                self.common().auth_time.map(|date| date.to_system_time())
            }

            /// The token's own id: the claim `jti`.
            #[must_use]
            pub fn jti(&self) -> Option<&str> {
                self.common().jti.as_deref()
            }

            /// The session that RevokeToken ends: the claim `origin_jti`. Keep a list of revoked
            /// ones to refuse tokens before they expire.
            ///
            /// Example: [a list of ended sign-ins](crate::guide::revocation#a-list-of-ended-sign-ins).
            #[must_use]
            pub fn origin_jti(&self) -> Option<&str> {
                self.common().origin_jti.as_deref()
            }

            /// The sign-in event: the claim `event_id`.
            #[must_use]
            pub fn event_id(&self) -> Option<&str> {
                self.common().event_id.as_deref()
            }

            /// How the user was authenticated, as a level that the pool names: the claim `acr` (OpenID
            /// Connect Core §2). Cognito's own names are `urn:cognito:loa:1` to `urn:cognito:loa:4`.
            ///
            /// To ask for a level: [`Require::acr`](crate::Require::acr).
            #[must_use]
            pub fn acr(&self) -> Option<&str> {
                self.common().acr.as_deref()
            }

            /// The methods by which the user was authenticated, like `pwd` or `otp` (RFC 8176): the
            /// claim `amr`. Empty without it.
            #[must_use]
            pub fn amr(&self) -> &[String] {
                &self.common().amr
            }

            /// The party that acts for the user, after a token exchange: `sub` of the claim `act`
            /// (RFC 8693 §4.1). `None` if the user, or the app client, acts itself.
            #[must_use]
            pub fn actor(&self) -> Option<&str> {
                self.common().actor.as_deref()
            }

            /// One claim by its name, like `custom:tenant`; `None` if it is absent or `null`.
            ///
            /// Parses the payload on every call; keep the result if you need it often.
            ///
            /// An access token has no attributes of the user, neither `email` nor `custom:…`, unless a pre
            /// token generation trigger adds them: read those from an ID token.
            ///
            /// Example: [a claim of your own](crate::guide::access_or_id_tokens#id-tokens-who-is-this).
            ///
            /// # Errors
            ///
            /// [`ClaimError`] if the claim has another type, or is there twice.
            pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ClaimError> {
                let claim = member::read(&self.common().raw, name);
                claim.map_err(|error| ClaimError::new::<T>(format!("the claim {name:?}"), &error))
            }

            /// All claims, as a type of your own.
            ///
            /// Example: [an extractor](crate::guide::recipes#custom-extractors).
            ///
            /// # Errors
            ///
            /// [`ClaimError`] if they do not fit the type.
            pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimError> {
                let claims = serde_json::from_str(&self.common().raw);
                claims.map_err(|error| ClaimError::new::<T>("the payload".to_owned(), &error))
            }
        }

        /// All claims of the token, as a JSON object.
        impl Serialize for $claims {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_raw(&self.common().raw, serializer)
            }
        }
    )* };
}

accessors!(CognitoClaims, AccessClaims, IdClaims);

/// Serializes a payload, in whatever format.
pub(crate) fn serialize_raw<S: Serializer>(
    payload: &str,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let claims: Map<String, Value> = serde_json::from_str(payload).map_err(S::Error::custom)?;
    claims.serialize(serializer)
}
