//! A server with health routes that ends without breaking off a request.
//!
//! ```sh
//! cargo run --example graceful_shutdown
//! ```
//!
//! `/ready` is for what sends traffic: 200 once there are keys, and through an outage of the pool's
//! key endpoint, until the keys are too old to be used. `/live` is for what restarts the process:
//! it asks for no keys, since a restart would bring none.

use std::error::Error;
use std::future::Future;
use std::io;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, JwksCache, JwksStatus};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const CLIENT_ID: &str = "orders-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new()
        .route("/me", get(me))
        .layer(CognitoLayer::new(verifier.clone()))
        // Added after the layer, and so outside of it: who asks for health has no token.
        .route("/live", get(StatusCode::OK))
        .route("/ready", get(ready))
        .with_state(verifier)
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.username().unwrap_or(claims.sub()))
}

async fn ready(State(verifier): State<CognitoVerifier>) -> (StatusCode, String) {
    let keys: Vec<_> = verifier.keys().iter().map(JwksCache::status).collect();
    let states: Vec<_> = keys.iter().map(JwksStatus::state).collect();
    let ready = keys.iter().all(JwksStatus::is_ready);
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!("keys: {states:?}\n"))
}

/// Serves until the signal, and then until each request has its answer.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(end).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::start().await;
    let verifier = pool.verifier(CLIENT_ID);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    // A failure ends nothing: `/ready` says so, and the refresh goes on asking. Without the refresh
    // a server that is not ready would stay so, as it gets no requests that ask for keys.
    if let Err(error) = verifier.prefetch().await {
        tracing::error!(%error, "not ready yet");
    }
    let refresh: Vec<_> = verifier.keys().iter().map(JwksCache::spawn_refresh).collect();
    println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("# 200, keys: [Fresh]; 200; 200");
    println!("curl -i {url}/ready\ncurl -i {url}/live");
    println!("curl -i {url}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("# This ends it: kill -TERM {}", std::process::id());
    // What `docker stop`, Kubernetes and ECS send, and Ctrl-C.
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let end = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("no new requests");
    };
    serve(listener, app(verifier), end).await?;
    drop(refresh);
    tracing::info!("every request has its answer");
    Ok(())
}
