use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, Value};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::error::RedisError;
use super::server::{Node, Server};

/// How long a reply may be. What the program asks for is a tenth of it at most; a hostile entry of a stream may have
/// half a gigabyte.
pub(super) const REPLY_LIMIT: usize = 4 * 1024 * 1024;
/// As much of a reply as is kept for its error.
const HEAD: usize = 512;

/// A connection to one node. Clones share it, and their commands are answered in order; it is closed with the last.
#[derive(Clone)]
pub(super) struct Connection {
    node: Node,
    commands: MultiplexedConnection,
    meter: Arc<Meter>,
    driver: Arc<Driver>,
}

impl Connection {
    /// Connects and logs in, within the server's timeout.
    pub(super) async fn open(server: &Server, node: &Node) -> Result<Self, RedisError> {
        let within = server.timeout;
        let opened = timeout(within, Self::open_at_length(server, node)).await;
        opened.map_err(|_| RedisError::Timeout { node: node.to_string(), within })?
    }

    /// Sends commands together, and returns as many replies, errors of the server among them.
    ///
    /// Once this failed the connection is not to be used again.
    pub(super) async fn send(
        &self,
        commands: &Pipeline,
        within: Duration,
    ) -> Result<Vec<Value>, RedisError> {
        let node = self.node.to_string();
        let mut connection = self.commands.clone();
        let sent = connection.send_packed_commands(commands, 0, commands.len());
        let Ok(replies) = timeout(within, sent).await else {
            return Err(RedisError::Timeout { node, within });
        };
        match replies {
            Ok(replies) => {
                self.meter.reset();
                Ok(replies)
            }
            Err(_) if self.meter.is_full() => {
                Err(RedisError::TooLong { node, limit: REPLY_LIMIT, head: self.meter.head() })
            }
            Err(error) => Err(RedisError::new(&node, &error)),
        }
    }

    /// Whether nobody has closed it yet, as far as this side knows.
    pub(super) fn is_open(&self) -> bool {
        !self.driver.0.is_finished()
    }

    /// Whether this is a clone of `other`.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.driver, &other.driver)
    }

    async fn open_at_length(server: &Server, node: &Node) -> Result<Self, RedisError> {
        let failed = |error: io::Error| RedisError::Connect {
            node: node.to_string(),
            reason: error.to_string(),
        };
        let stream = TcpStream::connect((&*node.host, node.port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let Some(roots) = &server.tls else {
            return Self::log_in(server, node, stream).await;
        };
        let connector = roots.connector().map_err(|error| failed(io::Error::other(error)))?;
        let name = node.server_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        let stream = connector.connect(name, stream).await.map_err(failed)?;
        Self::log_in(server, node, stream).await
    }

    async fn log_in<S>(server: &Server, node: &Node, stream: S) -> Result<Self, RedisError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let meter = Arc::new(Meter::default());
        let stream = Metered { stream, meter: Arc::clone(&meter) };
        // Its own timeout would break a longer `XREAD BLOCK`; each call has one.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let opened = MultiplexedConnection::new_with_config(&server.login, stream, config).await;
        let (commands, driver) =
            opened.map_err(|error| RedisError::new(&node.to_string(), &error))?;
        meter.reset();
        let driver = Arc::new(Driver(tokio::spawn(driver).abort_handle()));
        Ok(Self { node: node.clone(), commands, meter, driver })
    }
}

/// The task that reads and writes. Without an end to it a blocked `XREAD` would keep the connection open.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What came since the last complete reply.
#[derive(Default)]
struct Meter {
    bytes: AtomicUsize,
    head: Mutex<Vec<u8>>,
}

impl Meter {
    fn add(&self, bytes: &[u8]) {
        let before = self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        if before < HEAD {
            let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
            let room = HEAD.saturating_sub(head.len());
            head.extend(bytes.iter().take(room));
        }
    }

    fn reset(&self) {
        self.bytes.store(0, Ordering::Relaxed);
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > REPLY_LIMIT
    }

    fn head(&self) -> Vec<u8> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A stream that ends with an error when a reply is too long to be read.
struct Metered<S> {
    stream: S,
    meter: Arc<Meter>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.meter.add(buffer.filled().get(before..).unwrap_or_default());
        if self.meter.is_full() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
