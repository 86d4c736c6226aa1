use std::io;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An endpoint of keys on a loopback port; it stops when this is dropped.
pub(crate) struct Server {
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the key endpoint of a test stopped");
            }
        });
        Ok(Self { address, task })
    }

    /// Where it listens, like `http://127.0.0.1:12345`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
