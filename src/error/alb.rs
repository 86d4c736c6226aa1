use std::time::Duration;

/// Why `x-amzn-oidc-data` was refused, or could not be judged.
///
/// One variant for each cause; no message holds the token or a claim's value, so each is fit for a
/// log. [`AlbVerifyError::KeysUnavailable`] alone says nothing about the token.
///
/// ```
/// use axum_cognito::{AlbVerifyError, testing::TestLoadBalancer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let load_balancer = TestLoadBalancer::offline();
/// let verifier = load_balancer.verifier("web-client");
/// let data = load_balancer.data("alice").client_id("web-client").expired().sign();
/// assert_eq!(verifier.verify(&data).await.unwrap_err(), AlbVerifyError::Expired);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlbVerifyError {
    /// Longer than 16 KiB, or with a header longer than 1 KiB.
    #[error("the data of the load balancer are longer than 16 KiB, or their header than 1 KiB")]
    TooLong,
    /// Not three parts between dots (RFC 7515 §7.1).
    #[error("the data of the load balancer are not a JWT of three parts between dots")]
    NotJwt,
    /// A part is empty, or not base64url with padding, as load balancers write it.
    #[error("a part of the load balancer's data is not base64url with padding")]
    Base64,
    /// The header is not a JSON object, or a member has the wrong type or is there twice.
    #[error("the header of the load balancer's data is not a JSON object of the right form")]
    Header,
    /// `alg` is missing or not ES256 (RFC 8725 §3.1).
    #[error("the data of the load balancer are not signed with ES256")]
    Algorithm,
    /// The header has `crit` (RFC 7515 §4.1.11) or `b64` (RFC 7797 §7).
    #[error("the header of the load balancer's data names an extension that is not supported")]
    Extension,
    /// The header says `cty: JWT`: a token within a token (RFC 7519 §5.2).
    #[error("the data of the load balancer hold another token")]
    Nested,
    /// A member that the header must have is not there.
    #[error("the header of the load balancer's data has no `{0}`")]
    MissingHeader(&'static str),
    /// `signer` is none of the trusted load balancers.
    #[error("the data were signed by a load balancer that is not trusted")]
    Signer,
    /// `iss` is none of the trusted user pools, or that of the payload is another one.
    #[error("the data come from an issuer that is not trusted")]
    Issuer,
    /// `client` is none of the accepted clients.
    #[error("the data were made for a client that is not accepted")]
    Client,
    /// Past `exp`, of the header or of the payload, and the leeway.
    #[error("the data of the load balancer have expired")]
    Expired,
    /// `kid` is not a UUID in lower case with hyphens.
    #[error("the header of the load balancer's data has no usable key id")]
    KeyId,
    /// The payload is not a JSON object, or `sub`, `iss` or `exp` has the wrong type, or a claim that
    /// is read is there twice.
    #[error("{}", payload_problem(*claim))]
    Payload {
        /// The claim; `None` if the payload is not a JSON object in UTF-8.
        claim: Option<&'static str>,
    },
    /// The payload has no `sub`, or an empty one.
    #[error("the payload of the load balancer's data has no `sub`")]
    MissingSubject,
    /// The endpoint of the load balancer's keys has no key of this `kid`.
    #[error("the data are signed with a key that the key endpoint does not have")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature of the load balancer's data is wrong")]
    Signature,
    /// The key cannot be had now, so the data could not be judged.
    #[error("the key of the load balancer's data is not available")]
    KeysUnavailable {
        /// How long to wait before another try has a chance.
        retry_after: Duration,
    },
}

fn payload_problem(claim: Option<&'static str>) -> String {
    match claim {
        Some(claim) => {
            format!(
                "the claim `{claim}` of the load balancer's data has the wrong type, or is there twice"
            )
        }
        None => "the payload of the load balancer's data is not a JSON object".to_owned(),
    }
}
