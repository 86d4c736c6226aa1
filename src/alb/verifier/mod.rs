//! The verifier of what a load balancer signs.

mod builder;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::builder::AlbVerifierBuilder;
use super::header::{AlbHeader, AlbJws};
use super::keys::{AlbKey, KeyId, SignerKeys};
use super::payload::{AlbOrigin, AlbPayload};
use super::{AlbClaims, LoadBalancer};
use crate::clock::{Clock, Moment};
use crate::keys::NoKey;
use crate::{AlbVerifyError, ClientIds, ConfigError, UserPool, telemetry};

/// Verifies `x-amzn-oidc-data`, which an Application Load Balancer adds to the requests of users
/// whom it has authenticated. Clone = the same verifier.
///
/// Whoever has an AWS account has load balancers whose data are just as well signed, with any
/// issuer and any user in them. So the load balancers that are trusted are named, by their ARNs:
/// there is no default, and no way to trust any.
///
/// ```
/// # async fn example(data: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use axum_cognito::{AlbVerifier, LoadBalancer, UserPool};
///
/// let verifier = AlbVerifier::new(
///     LoadBalancer::new(
///         "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
///     )?,
///     UserPool::new("eu-west-1_AbCdEfGhI")?,
///     "my-client-id",
/// )?;
/// let claims = verifier.verify(data).await?;
/// println!("{} may come in", claims.sub());
/// # Ok(())
/// # }
/// ```
///
/// # The order of the checks
///
/// The cheap ones come first, so data that are refused for what they say cost no fetch and no
/// signature.
///
/// | | what is checked | refused as |
/// |---|---|---|
/// | 1 | at most 16 KiB | [`TooLong`](AlbVerifyError::TooLong) |
/// | 2 | three parts between dots | [`NotJwt`](AlbVerifyError::NotJwt) |
/// | 3 | the header at most 1 KiB; each part is strict base64url, with padding | [`TooLong`](AlbVerifyError::TooLong), [`Base64`](AlbVerifyError::Base64) |
/// | 4 | the header is a JSON object | [`Header`](AlbVerifyError::Header) |
/// | 5 | `alg` is `ES256`; no `crit`, no `b64`; no token within | [`Algorithm`](AlbVerifyError::Algorithm), [`Extension`](AlbVerifyError::Extension), [`Nested`](AlbVerifyError::Nested) |
/// | 6 | `signer`, `iss` and `client` of the header | [`MissingHeader`](AlbVerifyError::MissingHeader), [`Signer`](AlbVerifyError::Signer), [`Issuer`](AlbVerifyError::Issuer), [`Client`](AlbVerifyError::Client) |
/// | 7 | the payload is a JSON object with `sub`, and with no other `iss` | [`Payload`](AlbVerifyError::Payload), [`MissingSubject`](AlbVerifyError::MissingSubject), [`Issuer`](AlbVerifyError::Issuer) |
/// | 8 | `exp` of the header, and of the payload if it has one | [`MissingHeader`](AlbVerifyError::MissingHeader), [`Expired`](AlbVerifyError::Expired) |
/// | 9 | `kid` is a UUID | [`MissingHeader`](AlbVerifyError::MissingHeader), [`KeyId`](AlbVerifyError::KeyId) |
/// | 10 | the load balancer's key; perhaps a fetch | [`UnknownKey`](AlbVerifyError::UnknownKey), [`KeysUnavailable`](AlbVerifyError::KeysUnavailable) |
/// | 11 | the signature | [`Signature`](AlbVerifyError::Signature) |
///
/// # Keys
///
/// A key is read when the first data name it, from the region's endpoint, and never changes. It is
/// looked at again after a day, behind the requests, and works until the endpoint no longer has
/// it, over any outage. Sixteen keys are kept for each load balancer; those that never verified
/// anything go first. For each load balancer one key is fetched at a time, with 5 seconds between
/// the starts, and of the keys that requests name the one that most of them do. An id that the
/// endpoint denied comes behind the others for ten minutes. So made-up ids delay a new key by seconds
/// if each is named less often than the key. Those that are named more often delay it by 13 seconds
/// each, up to forty of them; more than forty delay it longer, the more often they are named.
#[derive(Clone)]
pub struct AlbVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    /// The keys of each load balancer, by its ARN.
    signers: HashMap<String, Arc<SignerKeys>>,
    issuers: HashMap<String, Arc<ClientIds>>,
    leeway: Duration,
    clock: Clock,
}

/// Why there is no verdict yet, or none that lets the request in.
pub(crate) enum AlbPending {
    Refused(AlbVerifyError),
    /// A key must be waited for.
    Key(WantedAlbKey),
}

/// A key that must be waited for.
pub(crate) struct WantedAlbKey {
    keys: Arc<SignerKeys>,
    id: KeyId,
    arrived: Moment,
}

impl AlbVerifier {
    /// A verifier of what one load balancer signs for the users of one pool.
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

    /// A verifier of what these load balancers sign, with settings of your own.
    pub fn builder(load_balancers: impl IntoIterator<Item = LoadBalancer>) -> AlbVerifierBuilder {
        AlbVerifierBuilder::new(load_balancers.into_iter().collect())
    }

    /// Verifies the value of `x-amzn-oidc-data`, and waits for the key if it is not at hand.
    ///
    /// # Errors
    ///
    /// [`AlbVerifyError`]: why it is refused; [`AlbVerifyError::KeysUnavailable`] if it cannot be
    /// judged, after [`max_wait`](AlbVerifierBuilder::max_wait) at most.
    ///
    /// # Panics
    ///
    /// If it must wait for a key in a tokio runtime without timers: `enable_all()` gives it some.
    pub async fn verify(&self, data: &str) -> Result<AlbClaims, AlbVerifyError> {
        match self.try_verify(data) {
            Ok(claims) => Ok(claims),
            Err(AlbPending::Refused(error)) => Err(error),
            Err(AlbPending::Key(wanted)) => self.verify_with(data, &wanted).await,
        }
    }

    /// Verifies as far as it goes without waiting.
    pub(crate) fn try_verify(&self, data: &str) -> Result<AlbClaims, AlbPending> {
        let now = self.inner.clock.now();
        let result = self.inner.judge(data, now, |keys, id| {
            let wanted = || WantedAlbKey { keys: Arc::clone(keys), id, arrived: now };
            keys.at_hand(id, now).ok_or_else(|| AlbPending::Key(wanted()))
        });
        match &result {
            Ok(_) => telemetry::alb_verified(None),
            Err(AlbPending::Refused(error)) => telemetry::alb_verified(Some(error)),
            // Counted when its key has come.
            Err(AlbPending::Key(_)) => {}
        }
        result
    }

    /// Verifies once the key that it waits for is there.
    pub(crate) async fn verify_with(
        &self,
        data: &str,
        wanted: &WantedAlbKey,
    ) -> Result<AlbClaims, AlbVerifyError> {
        let key = wanted.keys.obtain(wanted.id, wanted.arrived).await;
        // The clock is read again: the data may have expired while they waited.
        let now = self.inner.clock.now();
        let result = key
            .map_err(AlbVerifyError::from)
            .and_then(|key| self.inner.judge(data, now, |_, _| Ok(Arc::clone(&key))));
        telemetry::alb_verified(result.as_ref().err());
        result
    }
}

impl Inner {
    /// The verdict at `now`, with the key that `find_key` gives for a load balancer and a `kid`.
    fn judge<E: From<AlbVerifyError>>(
        &self,
        data: &str,
        now: Moment,
        find_key: impl Fn(&Arc<SignerKeys>, KeyId) -> Result<Arc<AlbKey>, E>,
    ) -> Result<AlbClaims, E> {
        let mut buffer = Vec::new();
        let jws = AlbJws::parse(data, &mut buffer)?;
        let header = jws.header()?;
        let keys = self.check_header(&header)?;
        let text = jws.payload()?;
        let payload = AlbPayload::parse(text)?;
        let issuer = header.issuer()?;
        payload.check_issuer(issuer)?;
        let origin = AlbOrigin {
            issuer,
            client: header.client()?,
            signer: header.signer()?,
            expires_at: payload.expires_at(header.expires_at()?),
        };
        origin.check_time(now.wall(), self.leeway)?;
        let key = find_key(keys, header.kid()?)?;
        jws.check_signature(&key)?;
        Ok(payload.into_claims(text, &origin))
    }

    /// The keys of the load balancer that says that it signed, if it is trusted with the issuer
    /// and the client.
    fn check_header(&self, header: &AlbHeader<'_>) -> Result<&Arc<SignerKeys>, AlbVerifyError> {
        let keys = self.signers.get(header.signer()?).ok_or(AlbVerifyError::Signer)?;
        let clients = self.issuers.get(header.issuer()?).ok_or(AlbVerifyError::Issuer)?;
        if clients.accept(header.client()?) { Ok(keys) } else { Err(AlbVerifyError::Client) }
    }
}

impl From<AlbVerifyError> for AlbPending {
    fn from(error: AlbVerifyError) -> Self {
        Self::Refused(error)
    }
}

impl From<NoKey> for AlbVerifyError {
    fn from(no_key: NoKey) -> Self {
        match no_key {
            NoKey::Unknown => Self::UnknownKey,
            NoKey::Unavailable { retry_after } => Self::KeysUnavailable { retry_after },
        }
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
