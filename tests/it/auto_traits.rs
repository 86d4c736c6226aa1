//! Auto traits of the public types: programs move them between threads and tasks.

use std::error::Error;
use std::fmt::Debug;
use std::future::Ready;
use std::sync::LazyLock;

use axum_cognito::testing::{TestAlbToken, TestClock, TestLoadBalancer, TestPool, TestToken};
use axum_cognito::{
    AccessClaims, AlbClaims, AlbLayer, AlbService, AlbVerifier, AlbVerifierBuilder, AppClient,
    AppClientBuilder, ClaimError, ClientIds, CognitoClaims, CognitoLayer, CognitoSecurity,
    CognitoService, CognitoVerifier, CognitoVerifierBuilder, ConfigError, DefaultResponse,
    IdClaims, Identity, JwksCache, JwksCacheBuilder, JwksError, JwksRequest, JwksResponse,
    JwksState, JwksStatus, LoadBalancer, PrefetchError, ProtectedResource,
    ProtectedResourceBuilder, RefreshTask, Rejection, RejectionKind, RenewError, Require,
    RequireFuture, RequireService, ResponseFuture, TokenSource, TokenUse, Tokens, TrustedPool,
    UserPool, VerifyError,
};
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt as _, service_fn};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

fn is_shared<T: Send + Sync + Unpin + Debug + 'static>() {}
fn is_cloned<T: Clone + Send + Sync + Unpin + Debug + 'static>() {}
fn is_error<T: Error + Clone + PartialEq + Send + Sync + 'static>() {}
fn is_sent<T: Send>(value: T) -> T {
    value
}

#[test]
fn claims_are_shared_between_threads() {
    is_cloned::<CognitoClaims>();
    is_cloned::<AccessClaims>();
    is_cloned::<IdClaims>();
    is_cloned::<Identity>();
    is_cloned::<AlbClaims>();
}

#[test]
fn verifiers_and_keys_are_shared_between_threads() {
    is_cloned::<CognitoVerifier>();
    is_cloned::<JwksCache>();
    is_cloned::<JwksStatus>();
    is_cloned::<JwksState>();
    is_cloned::<JwksRequest>();
    is_cloned::<JwksResponse>();
    is_shared::<CognitoVerifierBuilder>();
    is_shared::<JwksCacheBuilder>();
    is_shared::<RefreshTask>();
    is_cloned::<AlbVerifier>();
    is_shared::<AlbVerifierBuilder>();
}

#[test]
fn settings_are_shared_between_threads() {
    is_cloned::<ClientIds>();
    is_cloned::<CognitoSecurity>();
    is_cloned::<ProtectedResource>();
    is_cloned::<ProtectedResourceBuilder>();
    is_cloned::<TokenSource>();
    is_cloned::<TokenUse>();
    is_cloned::<TrustedPool>();
    is_cloned::<UserPool>();
    is_cloned::<LoadBalancer>();
    is_cloned::<AppClient>();
    is_cloned::<Tokens>();
    is_shared::<AppClientBuilder>();
}

#[test]
fn layers_and_services_are_shared_between_threads() {
    is_cloned::<CognitoLayer>();
    is_cloned::<CognitoLayer<fn(Rejection) -> Response<()>>>();
    is_cloned::<CognitoService<String, DefaultResponse>>();
    is_cloned::<AlbLayer>();
    is_cloned::<AlbService<String, DefaultResponse>>();
    is_cloned::<Require>();
    is_cloned::<RequireService<String>>();
    is_shared::<RequireFuture<Ready<()>>>();
    is_cloned::<Rejection>();
    is_cloned::<RejectionKind>();
}

#[test]
fn what_tests_use_is_shared_between_threads() {
    is_cloned::<TestPool>();
    is_cloned::<TestToken>();
    is_cloned::<TestClock>();
    is_cloned::<TestLoadBalancer>();
    is_cloned::<TestAlbToken>();
}

#[test]
fn errors_are_errors_and_compared() {
    is_error::<ClaimError>();
    is_error::<ConfigError>();
    is_error::<JwksError>();
    is_error::<PrefetchError>();
    is_error::<RenewError>();
    is_error::<VerifyError>();
}

#[test]
fn a_rejection_is_an_error() {
    fn is_boxed<T: Error + Send + Sync + 'static>() {}
    is_boxed::<Rejection>();
}

#[tokio::test]
async fn the_futures_of_a_verifier_are_sent_between_threads() {
    let (verifier, token) = (POOL.verifier("test-client"), POOL.access_token("alice").sign());
    assert!(is_sent(verifier.verify(&token)).await.is_ok());
    assert!(is_sent(verifier.prefetch()).await.is_ok());
    let client = AppClient::builder(&*POOL, "test-client").build().expect("a client");
    assert_eq!(is_sent(client.renew("")).await.err(), Some(RenewError::Ended));
    assert_eq!(is_sent(client.revoke("")).await, Ok(()));
    assert_eq!(is_sent(client.is_signed_in("")).await, Ok(false));
    assert!(is_sent(client.sign_out_everywhere("")).await.is_err());
    assert!(is_sent(client.exchange_code("", "", "")).await.is_err());
    assert!(is_sent(POOL.keys().refresh()).await.is_ok());
}

#[tokio::test]
async fn a_verification_is_spawned_as_a_task() {
    let (verifier, token) = (POOL.verifier("test-client"), POOL.access_token("alice").sign());
    let task = tokio::spawn(async move { verifier.verify(&token).await });
    assert_eq!(task.await.expect("no panic").expect("a good token").username(), Some("alice"));
}

#[tokio::test]
async fn the_future_of_the_layer_is_sent_and_forgotten() {
    fn is_static<T: Send + Debug + 'static>(future: T) -> T {
        future
    }
    let inner = service_fn(async |_: Request<()>| Ok::<_, ()>(Response::new(String::new())));
    let inner = Require::when(|_| true).layer(inner);
    let mut service = CognitoLayer::new(POOL.verifier("test-client")).layer(inner);
    let future: ResponseFuture<_, _, _> =
        service.ready().await.expect("ready").call(Request::new(()));
    assert_eq!(is_static(future).await.expect("an answer").status(), 401);
}
