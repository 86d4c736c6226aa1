//! A gRPC service of tonic behind the layer, on an axum router and on tonic's own server: rejections are
//! gRPC statuses, claims are in the request.
//!
//! ```sh
//! cargo run -p integrations --example grpc
//! ```
//!
//! The service is written by hand, so that no `protoc` is needed. A generated one takes its place:
//! `tonic::service::Routes::new(UsersServer::new(users)).into_axum_router()`, which is a `Router` too.

use std::error::Error;

use axum::extract::Request;
use axum::response::Response;
use axum::{Router, body::Body, routing::post};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, Require};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Status, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

const CLIENT_ID: &str = "mobile-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new()
        .route("/shop.Users/DeleteAll", post(delete_all_method))
        .route_layer(Require::group("admins"))
        .route("/shop.Users/Me", post(me_method))
        .layer(CognitoLayer::new(verifier).on_rejection(|rejection| rejection.to_grpc_response()))
}

/// The same on tonic's own server, whose layers are those of tower. `Require` needs an axum router, so
/// a method asks its claims itself here.
pub(crate) async fn serve(
    verifier: CognitoVerifier,
    listener: TcpListener,
) -> Result<(), tonic::transport::Error> {
    let layer = CognitoLayer::new(verifier).on_rejection(|rejection| rejection.to_grpc_response());
    let users = Router::new().route("/shop.Users/Me", post(me_method));
    let server = Server::builder().layer(layer).add_routes(Routes::from(users));
    server.serve_with_incoming(TcpIncoming::from(listener)).await
}

/// `rpc Me(google.protobuf.Empty) returns (google.protobuf.StringValue)`
async fn me(request: tonic::Request<()>) -> Result<tonic::Response<String>, Status> {
    let claims = request.extensions().get::<CognitoClaims>();
    let claims =
        claims.ok_or_else(|| Status::internal("there is no layer that verifies tokens"))?;
    Ok(tonic::Response::new(claims.sub().to_owned()))
}

/// `rpc DeleteAll(google.protobuf.Empty) returns (google.protobuf.Empty)`
async fn delete_all(_: tonic::Request<()>) -> Result<tonic::Response<()>, Status> {
    Ok(tonic::Response::new(()))
}

// What tonic's build script writes.
async fn me_method(request: Request) -> Response {
    let codec = ProstCodec::<String, ()>::default();
    Grpc::new(codec).unary(service_fn(me), request).await.map(Body::new)
}

async fn delete_all_method(request: Request) -> Response {
    let codec = ProstCodec::<(), ()>::default();
    Grpc::new(codec).unary(service_fn(delete_all), request).await.map(Body::new)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let own_server = TcpListener::bind("127.0.0.1:0").await?;
    let own_url = format!("http://{}/shop.Users", own_server.local_addr()?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/shop.Users", listener.local_addr()?);
    // An empty message: not compressed, of no bytes.
    let curl = "printf '\\0\\0\\0\\0\\0' | curl -i --http2-prior-knowledge --data-binary @- --output - \
                -H 'Content-Type: application/grpc' -H 'TE: trailers'";
    println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("# grpc-status: 0, and alice in the message");
    println!("{curl} {url}/Me -H \"Authorization: Bearer $TOKEN\"");
    println!("# grpc-status: 16, UNAUTHENTICATED");
    println!("{curl} {url}/Me");
    println!("# grpc-status: 7, PERMISSION_DENIED");
    println!("{curl} {url}/DeleteAll -H \"Authorization: Bearer $TOKEN\"");
    println!("# The same on tonic's own server");
    println!("{curl} {own_url}/Me -H \"Authorization: Bearer $TOKEN\"");
    let own_server = serve(pool.verifier(CLIENT_ID), own_server);
    let (served, _) =
        tokio::join!(axum::serve(listener, app(pool.verifier(CLIENT_ID))), own_server);
    Ok(served?)
}
