//! The keys of a load balancer over HTTP.

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbVerifier, VerifyError};

use crate::common::server::{Server, Then};

async fn judge(load_balancer: &TestLoadBalancer, verifier: &AlbVerifier) -> Option<VerifyError> {
    verifier.verify(&load_balancer.token("alice").sign()).await.err()
}

/// What is said of good data whose key is read from a server that answers this.
async fn judge_with(answer: String, then: Then) -> (Option<VerifyError>, usize) {
    let load_balancer = TestLoadBalancer::offline();
    let server = Server::start(answer, then).await;
    let own = load_balancer.load_balancer().with_key_url(&server.url).expect("a loopback address");
    let builder = AlbVerifier::builder([own]).trust(load_balancer.user_pool(), "test-client");
    let verifier = builder.clock(load_balancer.clock()).build().expect("settings that can be");
    (judge(&load_balancer, &verifier).await, server.connections())
}

fn response(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn is_unavailable(refusal: Option<&VerifyError>) -> bool {
    matches!(refusal, Some(VerifyError::KeysUnavailable { .. }))
}

#[tokio::test]
async fn a_key_is_read_from_its_own_address() {
    let load_balancer = TestLoadBalancer::start().await;
    let verifier = load_balancer.verifier("test-client");
    assert_eq!(judge(&load_balancer, &verifier).await, None);
    assert_eq!(judge(&load_balancer, &verifier).await, None);
    assert_eq!(load_balancer.key_requests(), 1);
}

#[tokio::test]
async fn a_key_that_the_endpoint_does_not_have_is_unknown() {
    let load_balancer = TestLoadBalancer::start().await;
    let data = load_balancer.token("alice").header("kid", "01234567-89ab-cdef-fedc-ba9876543210");
    let refused = load_balancer.verifier("test-client").verify(&data.sign()).await.err();
    assert_eq!(refused, Some(VerifyError::UnknownKey));
    assert_eq!(load_balancer.key_requests(), 1);
}

#[tokio::test]
async fn an_outage_is_no_fault_of_the_data() {
    let load_balancer = TestLoadBalancer::start().await;
    load_balancer.set_outage(true);
    let refused = judge(&load_balancer, &load_balancer.verifier("test-client")).await;
    assert!(is_unavailable(refused.as_ref()), "{refused:?}");
}

#[tokio::test]
async fn s3_says_403_or_404_of_what_it_does_not_have() {
    for head in ["403 Forbidden", "404 Not Found"] {
        let (refused, _) = judge_with(response(head, "<Error/>"), Then::Close).await;
        assert_eq!(refused, Some(VerifyError::UnknownKey), "{head}");
    }
}

#[tokio::test]
async fn another_status_is_an_outage() {
    for head in ["500 Oops", "204 No Content", "401 Unauthorized", "429 Slow Down"] {
        let (refused, _) = judge_with(response(head, ""), Then::Close).await;
        assert!(is_unavailable(refused.as_ref()), "{head}: {refused:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(response("200 OK", "x"), Then::Close).await;
    let head = format!("302 Found\r\nlocation: {}", elsewhere.url);
    let (refused, connections) = judge_with(response(&head, ""), Then::Close).await;
    assert!(is_unavailable(refused.as_ref()), "{refused:?}");
    assert_eq!((connections, elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    let (refused, _) = judge_with(head, Then::Repeat("-----BEGIN PUBLIC KEY-----")).await;
    assert!(is_unavailable(refused.as_ref()), "{refused:?}");
}

#[tokio::test]
async fn the_key_of_another_load_balancer_does_not_verify() {
    let pem = TestLoadBalancer::offline().public_key_pem();
    let (refused, _) = judge_with(response("200 OK", &pem), Then::Close).await;
    assert_eq!(refused, Some(VerifyError::Signature));
}
