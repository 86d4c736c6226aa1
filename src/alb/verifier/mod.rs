//! The verifier of what a load balancer signs.

mod builder;
mod candidate;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::builder::AlbVerifierBuilder;
use self::candidate::Candidate;
use super::keys::{AlbKeys, KeyId};
use super::{AlbClaims, LoadBalancer};
use crate::clock::{Clock, Moment};
use crate::{ClientIds, ConfigError, UserPool, VerifyError, telemetry};

/// Verifies `x-amzn-oidc-data`, which an Application Load Balancer adds to the requests of users
/// whom it has authenticated. Cheap to clone: clones share the verifier.
///
/// Anyone with an AWS account can run a load balancer that signs such a token for any issuer and user.
/// So the load balancers that are trusted are named by their ARNs: there is no default, and no way
/// to trust any.
///
/// ```
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use axum_cognito::{AlbVerifier, LoadBalancer, UserPool};
///
/// let verifier = AlbVerifier::new(
///     LoadBalancer::new(
///         "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
///     )?,
///     UserPool::new("eu-west-1_AbCdEfGhI")?,
///     "my-client-id",
/// )?;
/// let claims = verifier.verify(token).await?;
/// println!("{} may come in", claims.sub());
/// # Ok(())
/// # }
/// ```
///
/// # The order of the checks
///
/// The cheap ones come first, so a token that is rejected for what it says costs no fetch and no
/// signature.
///
/// | | what is checked | rejected as |
/// |---|---|---|
/// | 1 | at most 16 KiB | [`TooLong`](VerifyError::TooLong) |
/// | 2 | three parts between dots | [`NotJwt`](VerifyError::NotJwt) |
/// | 3 | the header at most 1 KiB; each part is strict base64url, with its padding or without | [`TooLong`](VerifyError::TooLong), [`Base64`](VerifyError::Base64) |
/// | 4 | the header is a JSON object | [`Header`](VerifyError::Header) |
/// | 5 | `alg` is `ES256`; no `crit`, no `b64`; no token within | [`Algorithm`](VerifyError::Algorithm), [`Extension`](VerifyError::Extension), [`Nested`](VerifyError::Nested) |
/// | 6 | `signer`, `iss` and `client` of the header | [`MissingHeaderParameter`](VerifyError::MissingHeaderParameter), [`Signer`](VerifyError::Signer), [`Issuer`](VerifyError::Issuer), [`Client`](VerifyError::Client) |
/// | 7 | the payload is a JSON object with `sub`, and with no other `iss` | [`Payload`](VerifyError::Payload), [`MissingClaim`](VerifyError::MissingClaim), [`Issuer`](VerifyError::Issuer) |
/// | 8 | `exp` of the header, and of the payload if it has one | [`MissingHeaderParameter`](VerifyError::MissingHeaderParameter), [`Expired`](VerifyError::Expired) |
/// | 9 | `kid` is a UUID | [`KeyId`](VerifyError::KeyId) |
/// | 10 | the load balancer's key; perhaps a fetch | [`UnknownKey`](VerifyError::UnknownKey), [`KeysUnavailable`](VerifyError::KeysUnavailable) |
/// | 11 | the signature | [`Signature`](VerifyError::Signature) |
///
/// # Keys
///
/// - Each key is fetched once, when the first token names it, and checked again daily in the
///   background. It works over any outage, and until two fetches in a row, ten seconds apart or more,
///   say that the endpoint no longer has it.
/// - Sixteen are kept for each load balancer; those that never verified anything go first.
/// - One fetch at a time for each load balancer, 2.5 seconds apart; the most requested key goes first. A
///   request waits for its key, for [`max_wait`](AlbVerifierBuilder::max_wait) at most, and 1,000
///   requests at a time.
/// - A key that the endpoint denied is not fetched again for ten seconds, and after a second denial
///   comes behind others for ten minutes.
///
/// So made-up ids delay a new key by two fetches for each id that is named more often. Once a key is
/// in use, a token with another id that could not be fetched in time is
/// [`UnknownKey`](VerifyError::UnknownKey); before that, and while the endpoint does not answer, it is
/// [`KeysUnavailable`](VerifyError::KeysUnavailable).
#[derive(Clone)]
pub struct AlbVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    /// The keys of each load balancer, by its ARN.
    signers: HashMap<String, Arc<AlbKeys>>,
    issuers: HashMap<String, Arc<ClientIds>>,
    leeway: Duration,
    clock: Clock,
}

/// Why a token is not verified, or not yet.
pub(super) enum NotVerified {
    Refused(VerifyError),
    /// The token is in order as far as can be told without its key, which may take a wait.
    NeedsKey(MissingKey),
}

/// A key that a token needs and the cached keys lack.
pub(super) struct MissingKey {
    keys: Arc<AlbKeys>,
    id: KeyId,
    /// When its token came.
    arrived: Moment,
}

impl AlbVerifier {
    /// Makes a verifier of what one load balancer signs for the users of one pool.
    ///
    /// The client ids are those of the load balancer's app clients in the pool.
    ///
    /// # Errors
    ///
    /// As [`AlbVerifierBuilder::build`].
    pub fn new(
        load_balancer: LoadBalancer,
        pool: UserPool,
        client_ids: impl Into<ClientIds>,
    ) -> Result<Self, ConfigError> {
        Self::builder([load_balancer]).trust(pool, client_ids).build()
    }

    /// Starts a verifier of what these load balancers sign, with settings of your own.
    pub fn builder(load_balancers: impl IntoIterator<Item = LoadBalancer>) -> AlbVerifierBuilder {
        AlbVerifierBuilder::new(load_balancers.into_iter().collect())
    }

    /// Verifies the value of `x-amzn-oidc-data`. Waits for the key if it is not cached.
    ///
    /// # Errors
    ///
    /// [`VerifyError`]: why it is rejected. [`VerifyError::KeysUnavailable`] if it cannot be verified
    /// for now, after [`max_wait`](AlbVerifierBuilder::max_wait) at most.
    ///
    /// # Panics
    ///
    /// If it has to wait and the tokio runtime has no time driver. Build the runtime with
    /// `enable_all()`.
    pub async fn verify(&self, token: &str) -> Result<AlbClaims, VerifyError> {
        match self.try_verify(token) {
            Ok(claims) => Ok(claims),
            Err(NotVerified::Refused(error)) => Err(error),
            Err(NotVerified::NeedsKey(missing)) => self.verify_with(token, &missing).await,
        }
    }

    /// Verifies as far as it goes without a wait.
    pub(super) fn try_verify(&self, token: &str) -> Result<AlbClaims, NotVerified> {
        let result = self.verify_or_name_key(token);
        match &result {
            Ok(_) => telemetry::alb_verified(None),
            Err(NotVerified::Refused(error)) => telemetry::alb_verified(Some(error)),
            // Counted once its key is there.
            Err(NotVerified::NeedsKey(_)) => {}
        }
        result
    }

    /// Verifies once the key that it needs is there: may wait for a fetch.
    pub(super) async fn verify_with(
        &self,
        token: &str,
        missing: &MissingKey,
    ) -> Result<AlbClaims, VerifyError> {
        let key = missing.keys.key(missing.id, missing.arrived).await;
        let result = key.map_err(VerifyError::from).and_then(|key| {
            // The clock is read again: the token may have expired while it waited.
            let now = self.inner.clock.now();
            let mut buffer = Vec::new();
            Candidate::check(&self.inner, token, now, &mut buffer)?.prove(&key)
        });
        telemetry::alb_verified(result.as_ref().err());
        result
    }

    fn verify_or_name_key(&self, token: &str) -> Result<AlbClaims, NotVerified> {
        let now = self.inner.clock.now();
        let mut buffer = Vec::new();
        let candidate = Candidate::check(&self.inner, token, now, &mut buffer)?;
        let id = candidate.kid()?;
        match candidate.keys.cached(id, now) {
            Some(key) => Ok(candidate.prove(&key)?),
            None => {
                let keys = Arc::clone(candidate.keys);
                Err(NotVerified::NeedsKey(MissingKey { keys, id, arrived: now }))
            }
        }
    }
}

impl From<VerifyError> for NotVerified {
    fn from(error: VerifyError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Debug for AlbVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbVerifier")
            .field("load_balancers", &self.inner.signers.keys())
            .field("issuers", &self.inner.issuers.keys())
            .finish_non_exhaustive()
    }
}
