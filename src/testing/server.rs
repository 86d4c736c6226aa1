use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::endpoint::Endpoint;

/// A JWKS endpoint on a loopback port; it stops when this is dropped.
pub(super) struct Server {
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(pool_id: &str, endpoint: Arc<Endpoint>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let path = format!("/{pool_id}/.well-known/jwks.json");
        let router = Router::new().route(&path, get(jwks)).with_state(endpoint);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the JWKS endpoint of a test pool stopped");
            }
        });
        Ok(Self { address, task })
    }

    /// Where it listens, like `http://127.0.0.1:12345`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn jwks(State(endpoint): State<Arc<Endpoint>>) -> Response {
    match endpoint.answer().await {
        Some(jwks) => ([(header::CONTENT_TYPE, "application/json")], jwks).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
