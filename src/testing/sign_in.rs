use std::fmt;
use std::sync::Arc;

use super::backend::{Backend, Tokens};
use super::client::TestClient;
use super::sessions::{SignIn, SignedInBy};

/// A sign-in at a [`TestPool`](super::TestPool), with its first tokens.
#[derive(Clone)]
pub struct TestSignIn {
    tokens: Tokens,
}

impl TestSignIn {
    #[expect(clippy::expect_used, reason = "what fails here should fail the test")]
    pub(super) fn new(backend: &Arc<Backend>, username: &str, client_id: &str) -> Self {
        let client: Option<TestClient> = backend.directory().client(client_id);
        let client = client.expect("an app client of this id, or none at all");
        let sign_in = SignIn {
            username: username.to_owned(),
            client_id: client.id.clone(),
            scope: client.default_scope(),
            signed_in_by: SignedInBy::Domain,
            auth_time: backend.now(),
            resource: None,
            acr: None,
        };
        let tokens = backend.sign_in(&client, sign_in, None);
        Self { tokens: tokens.expect("a user who is neither disabled nor deleted") }
    }

    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.tokens.access
    }

    /// The ID token; empty if the client's scopes are without `openid`.
    #[must_use]
    pub fn id_token(&self) -> &str {
        self.tokens.id.as_deref().unwrap_or_default()
    }

    /// The refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> &str {
        self.tokens.refresh.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for TestSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSignIn").finish_non_exhaustive()
    }
}
