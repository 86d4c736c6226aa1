use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use super::TestPool;
use super::backend::Backend;
use super::draft::Draft;
use super::uuid::uuid;
use crate::TokenUse;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);
const DEFAULT_CLIENT_ID: &str = "test-client";

/// A token of a [`TestPool`] before it is signed, with the claims that Cognito would give it.
///
/// Example: [a router, without a socket](crate::guide::testing_your_application#a-router-without-a-socket).
#[derive(Clone)]
#[must_use]
pub struct TestToken {
    pool: Arc<Backend>,
    token_use: TokenUse,
    draft: Draft,
    signer: Option<Arc<Backend>>,
}

impl TestToken {
    pub(super) fn of_user(pool: &Arc<Backend>, token_use: TokenUse, username: &str) -> Self {
        let user = pool.directory().profile(username);
        let mut token = Self::new(pool, token_use, &user.sub)
            .claim("origin_jti", uuid())
            .claim("event_id", uuid())
            .client_id(DEFAULT_CLIENT_ID);
        if !user.groups.is_empty() {
            token = token.groups(user.groups);
        }
        match token_use {
            TokenUse::Id => {
                let token = token.claim("cognito:username", username);
                user.attributes.iter().fold(token, |token, (name, value)| match value.as_str() {
                    // Cognito has these two as booleans in its tokens.
                    "true" | "false" if name.ends_with("_verified") => {
                        token.claim(name, value == "true")
                    }
                    value => token.claim(name, value),
                })
            }
            TokenUse::Access | TokenUse::Any => token
                .claim("username", username)
                .claim("version", 2)
                // All that sign-in through the API gives.
                .scope("aws.cognito.signin.user.admin"),
        }
    }

    pub(super) fn of_machine(pool: &Arc<Backend>, client_id: &str) -> Self {
        let token = Self::new(pool, TokenUse::Access, client_id);
        token.client_id(client_id).claim("version", 2).without_claim("auth_time")
    }

    fn new(pool: &Arc<Backend>, token_use: TokenUse, sub: &str) -> Self {
        let keys = pool.endpoint.keys();
        let key = if token_use == TokenUse::Id { &keys.id } else { &keys.access };
        let draft = Draft::default();
        let token = Self { pool: Arc::clone(pool), token_use, draft, signer: None };
        let issuer = pool.pool.issuers().first().cloned();
        token
            .header("kid", &key.kid)
            .header("alg", "RS256")
            .claim("sub", sub)
            .claim("iss", issuer)
            .claim("token_use", token_use.to_string())
            .claim("jti", uuid())
            .issued_ago(Duration::ZERO)
            .expires_in(DEFAULT_LIFETIME)
    }

    /// The app client: `client_id`, or `aud` of an ID token. Defaults to `test-client`.
    pub fn client_id(self, client_id: &str) -> Self {
        let name = if self.token_use == TokenUse::Id { "aud" } else { "client_id" };
        self.claim(name, client_id)
    }

    /// Sets the `sub`. Defaults to the user's: a UUID that is made from the name, or what
    /// [`TestUser::sub`](super::TestUser::sub) says; for machines, to the client's id.
    #[expect(clippy::should_implement_trait, reason = "the name of the claim")]
    pub fn sub(self, sub: &str) -> Self {
        self.claim("sub", sub)
    }

    /// The scopes, between spaces. Defaults to `aws.cognito.signin.user.admin` for users, and to
    /// none for machines and ID tokens.
    pub fn scope(self, scopes: &str) -> Self {
        self.claim("scope", scopes)
    }

    /// The groups of the user. Defaults to those of the [`TestUser`](super::TestUser), else to none.
    pub fn groups<I: IntoIterator<Item: Into<String>>>(self, groups: I) -> Self {
        let groups: Vec<String> = groups.into_iter().map(Into::into).collect();
        self.claim("cognito:groups", groups)
    }

    /// When the token expires: so long from now. Defaults to an hour.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        let now = self.pool.now();
        self.claim("exp", now.saturating_add(lifetime).as_secs())
    }

    /// A token that was good for an hour and expired an hour ago.
    pub fn expired(self) -> Self {
        let now = self.pool.now();
        self.issued_ago(DEFAULT_LIFETIME * 2)
            .claim("exp", now.saturating_sub(DEFAULT_LIFETIME).as_secs())
    }

    /// When the token was issued, and the user signed in: so long ago. Defaults to now.
    pub fn issued_ago(self, age: Duration) -> Self {
        let issued_at = self.pool.now().saturating_sub(age).as_secs();
        self.claim("iat", issued_at).claim("auth_time", issued_at)
    }

    /// Sets any claim, in the place of the one that was there.
    ///
    /// An access token with an attribute of the user, `custom:…` or `email`, is a `warn` in the log:
    /// a real pool gives it none. Say [`added_by_trigger`](Self::added_by_trigger) where yours has a
    /// trigger that does.
    ///
    /// # Panics
    ///
    /// If the value is not JSON.
    pub fn claim(self, name: &str, value: impl Serialize) -> Self {
        if self.token_use != TokenUse::Id && is_attribute(name) {
            tracing::warn!(
                target: "axum_cognito::testing",
                claim = name,
                "an access token of a test has an attribute of the user: Cognito adds none, unless a \
                 pre token generation trigger does; say so by `TestToken::added_by_trigger`"
            );
        }
        self.with_claim(name, value)
    }

    /// Sets a claim that a pre token generation trigger of your pool adds, of any JSON type.
    ///
    /// Without a trigger Cognito puts `custom:…` attributes into ID tokens alone, as strings; an
    /// access token has none. A trigger of version 2 or later can add claims to access tokens.
    ///
    /// ```
    /// use axum_cognito::TestPool;
    ///
    /// let pool = TestPool::offline();
    /// let token = pool.access_token("alice").added_by_trigger("custom:tenant", 7).sign();
    /// # let _ = token;
    /// ```
    ///
    /// # Panics
    ///
    /// If the value is not JSON.
    ///
    /// Source: [Pre token generation Lambda trigger](https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html).
    pub fn added_by_trigger(self, name: &str, value: impl Serialize) -> Self {
        self.with_claim(name, value)
    }

    /// A claim that is only there if it has a value.
    pub(super) fn claim_if(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.claim(name, value),
            None => self,
        }
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.draft.remove_claim(name);
        self
    }

    /// Sets any parameter of the header, in the place of the one that was there.
    ///
    /// # Panics
    ///
    /// If the value is not JSON.
    pub fn header(mut self, name: &str, value: impl Serialize) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Removes a parameter of the header.
    pub fn without_header(mut self, name: &str) -> Self {
        self.draft.remove_header(name);
        self
    }

    /// Signs with another pool's key, under the `kid` of this one's: a forgery.
    pub fn signed_by(mut self, other: &TestPool) -> Self {
        self.signer = Some(other.backend());
        self
    }

    /// The token.
    #[must_use]
    pub fn sign(self) -> String {
        let keys = self.signer.as_ref().unwrap_or(&self.pool).endpoint.keys();
        let key = if self.token_use == TokenUse::Id { &keys.id } else { &keys.access };
        let [header, payload] = self.draft.into_parts();
        key.sign(&header, &payload)
    }

    fn with_claim(mut self, name: &str, value: impl Serialize) -> Self {
        self.draft.claim(name, value);
        self
    }
}

impl fmt::Debug for TestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestToken")
            .field("token_use", &self.token_use)
            .field("draft", &self.draft)
            .finish_non_exhaustive()
    }
}

/// Whether a claim is an attribute of a user, which Cognito keeps to ID tokens.
fn is_attribute(name: &str) -> bool {
    name.starts_with("custom:") || matches!(name, "email" | "email_verified")
}

/// As Cognito's: a JWE (RFC 7516 §7.1) whose contents only Cognito can read.
pub(super) fn refresh_token() -> String {
    let header = json!({ "cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP" }).to_string();
    let random = |length| {
        URL_SAFE_NO_PAD
            .encode(std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect::<Vec<_>>())
    };
    let header = URL_SAFE_NO_PAD.encode(header);
    format!("{header}.{}.{}.{}.{}", random(256), random(12), random(800), random(16))
}
