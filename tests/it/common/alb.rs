//! A load balancer, the data that it signs, and what a verifier says of them.

use std::future::ready;
use std::sync::LazyLock;

use axum_cognito::testing::{TestAlbToken, TestLoadBalancer};
use axum_cognito::{AlbClaims, AlbVerifier, JwksRequest, JwksResponse, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::endpoint::Endpoint;
use super::runtime::block_on;

pub(crate) const CLIENT: &str = "client-of-the-tests";

pub(crate) static LOAD_BALANCER: LazyLock<TestLoadBalancer> =
    LazyLock::new(TestLoadBalancer::offline);

/// Good data.
pub(crate) fn data() -> TestAlbToken {
    LOAD_BALANCER.token("alice").client_id(CLIENT)
}

/// What a verifier of the load balancer says.
pub(crate) fn verdict(data: &str) -> Result<AlbClaims, VerifyError> {
    static VERIFIER: LazyLock<AlbVerifier> = LazyLock::new(|| LOAD_BALANCER.verifier(CLIENT));
    block_on(VERIFIER.verify(data))
}

/// Why the data are refused, if they are.
pub(crate) fn refusal(data: TestAlbToken) -> Option<VerifyError> {
    verdict(&data.sign()).err()
}

/// The header and the payload, as JSON text.
pub(crate) fn texts(data: TestAlbToken) -> [String; 2] {
    let data = data.sign();
    let [header, payload, _] = super::parts::parts(&data);
    [header, payload].map(|part| {
        let bytes = URL_SAFE.decode(part).expect("a part in base64url with padding");
        String::from_utf8(bytes).expect("a part of text")
    })
}

/// A key endpoint that has this load balancer's key, and another one under every other id: as that of
/// a region has those of all its load balancers.
pub(crate) fn region_of(load_balancer: &TestLoadBalancer) -> Endpoint {
    let (kid, pem) = (load_balancer.key_id(), load_balancer.public_key_pem());
    let others = TestLoadBalancer::offline().public_key_pem();
    Endpoint::new(move |request: JwksRequest| {
        let own = request.url().ends_with(&kid);
        ready(Ok(JwksResponse::new(if own { pem.clone() } else { others.clone() })))
    })
}
