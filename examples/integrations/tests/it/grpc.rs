use std::time::Duration;

use axum::Router;
use axum::http::uri::PathAndQuery;
use axum_cognito::testing::{TestPool, TestToken};
use reqwest::Client;
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::apps::grpc;
use crate::common::{POOL, alice, bearer, verifier};

const ME: &str = "/shop.Users/Me";
const DELETE_ALL: &str = "/shop.Users/DeleteAll";

fn app() -> Router {
    grpc::app(verifier())
}

/// What tonic's client gets from a method; an empty message is an empty text too.
async fn call(app: Router, path: &'static str, token: Option<TestToken>) -> Result<String, Status> {
    let mut request = Request::new(());
    if let Some(token) = token {
        let value = bearer(&token.sign()).parse().expect("metadata");
        request.metadata_mut().insert("authorization", value);
    }
    let mut client = Grpc::new(app);
    client.ready().await.expect("a router is always ready");
    let codec = ProstCodec::<(), String>::default();
    let path = PathAndQuery::from_static(path);
    client.unary(request, path, codec).await.map(tonic::Response::into_inner)
}

/// The status of a call that is refused.
async fn refusal(app: Router, path: &'static str, token: Option<TestToken>) -> Status {
    call(app, path, token).await.expect_err("a refusal")
}

#[tokio::test]
async fn a_service_reads_the_claims_of_the_caller() {
    assert_eq!(call(app(), ME, Some(alice())).await.expect("an answer"), POOL.sub_of("alice"));
}

#[tokio::test]
async fn a_call_without_a_token_is_unauthenticated() {
    let status = refusal(app(), ME, None).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    let challenge = status.metadata().get("www-authenticate").expect("a challenge");
    assert_eq!(challenge, r#"Bearer realm="cognito""#);
}

#[tokio::test]
async fn a_call_with_an_expired_token_is_unauthenticated_and_says_why() {
    let status = refusal(app(), ME, Some(alice().expired())).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "The token has expired.");
}

#[tokio::test]
async fn a_caller_who_is_no_admin_is_denied_permission() {
    let status = refusal(app(), DELETE_ALL, Some(alice())).await;
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_admin_may() {
    let admin = alice().groups(["admins"]);
    assert!(call(app(), DELETE_ALL, Some(admin)).await.is_ok());
}

#[tokio::test]
async fn without_keys_the_service_is_unavailable() {
    let pool = TestPool::offline();
    pool.set_outage(true);
    // The keys are too old to be used, and no new ones are to be had.
    pool.clock().advance(Duration::from_secs(25 * 3600));
    let app = grpc::app(pool.verifier("test-client"));
    let status = refusal(app, ME, Some(pool.access_token("alice"))).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.metadata().get("retry-after").is_some());
}

#[tokio::test]
async fn a_method_that_does_not_exist_needs_a_token_too() {
    let status = refusal(app(), "/shop.Users/Nothing", None).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    let token = POOL.access_token("alice");
    let status = refusal(app(), "/shop.Users/Nothing", Some(token)).await;
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn tonics_own_server_answers_with_grpc_statuses_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}{ME}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(grpc::serve(verifier(), listener));
    let client = Client::builder().http2_prior_knowledge().build().expect("a client");
    let call = |token: Option<String>| {
        // An empty message: not compressed, of no bytes.
        let request = client.post(&url).header("content-type", "application/grpc").body(vec![0; 5]);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    let refused = call(None).send().await.expect("an answer");
    assert_eq!(refused.status(), 200);
    assert_eq!(refused.headers()["grpc-status"], "16");
    assert_eq!(refused.headers()["www-authenticate"], r#"Bearer realm="cognito""#);
    let good = call(Some(alice().sign())).send().await.expect("an answer");
    assert_eq!(good.headers().get("grpc-status"), None, "it comes behind the message");
    assert!(good.text().await.expect("a message").contains(&POOL.sub_of("alice")));
    server.abort();
}
