use std::time::Duration;

use serde::Serialize;

use super::TestLoadBalancer;
use crate::testing::draft::Draft;

/// As long as AWS signs for.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(120);
const DEFAULT_CLIENT_ID: &str = "test-client";

/// The `x-amzn-oidc-data` of a [`TestLoadBalancer`] before it is signed, as AWS would make it.
///
/// Example: [behind a load balancer](crate::guide::deploying#behind-an-application-load-balancer).
#[derive(Clone, Debug)]
#[must_use]
pub struct TestAlbToken {
    load_balancer: TestLoadBalancer,
    draft: Draft,
    signer: Option<TestLoadBalancer>,
    padded: bool,
}

impl TestAlbToken {
    pub(super) fn new(load_balancer: &TestLoadBalancer, username: &str) -> Self {
        let token = Self {
            load_balancer: load_balancer.clone(),
            draft: Draft::default(),
            signer: None,
            padded: true,
        };
        let issuer = load_balancer.user_pool().issuers().first().cloned();
        token
            .header("typ", "JWT")
            .header("kid", load_balancer.key_id())
            .header("alg", "ES256")
            .header("iss", &issuer)
            .header("signer", load_balancer.load_balancer().arn())
            .client_id(DEFAULT_CLIENT_ID)
            .claim("sub", username)
            .claim("email", format!("{username}@example.com"))
            // A string, as the user-info endpoint says it.
            .claim("email_verified", "true")
            .claim("username", username)
            .claim("iss", &issuer)
            .expires_in(DEFAULT_LIFETIME)
    }

    /// The app client: `client` of the header. Defaults to `test-client`.
    pub fn client_id(self, client_id: &str) -> Self {
        self.header("client", client_id)
    }

    /// When it expires, in header and payload: so long from now. Defaults to two minutes.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        let now = self.load_balancer.clock().since_epoch();
        let exp = now.saturating_add(lifetime).as_secs();
        self.header("exp", exp).claim("exp", exp)
    }

    /// Makes it a token that expired two minutes ago.
    pub fn expired(self) -> Self {
        let now = self.load_balancer.clock().since_epoch();
        let exp = now.saturating_sub(DEFAULT_LIFETIME).as_secs();
        self.header("exp", exp).claim("exp", exp)
    }

    /// Sets any claim, in the place of the one that was there.
    ///
    /// # Panics
    ///
    /// If the value is not JSON.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        self.draft.claim(name, value);
        self
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

    /// Signs with another load balancer's key, under the `kid` of this one's: a forgery.
    pub fn signed_by(mut self, other: &TestLoadBalancer) -> Self {
        self.signer = Some(other.clone());
        self
    }

    /// Leaves the padding out that load balancers write, as a JWS has it (RFC 7515 §2).
    pub fn without_padding(mut self) -> Self {
        self.padded = false;
        self
    }

    /// The value of the header `x-amzn-oidc-data`.
    #[must_use]
    pub fn sign(self) -> String {
        let signer = self.signer.as_ref().unwrap_or(&self.load_balancer);
        let [header, payload] = self.draft.into_parts();
        signer.key().sign(&header, &payload, self.padded)
    }
}
