//! An HTTP server that does as a test says, good or bad.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server does behind its answer.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    Close,
    /// Nothing, until the client goes.
    Hold,
    /// The same bytes again and again, until the client goes.
    Repeat(&'static str),
}

/// A server on a loopback port, which ends with the runtime of the test.
pub(crate) struct Server {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    requests: Requests,
}

/// What the clients wrote, each in one text.
type Requests = Arc<Mutex<Vec<String>>>;

impl Server {
    pub(crate) async fn start(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("an address"));
        let connections = Arc::<AtomicUsize>::default();
        let (answer, counter) = (Arc::new(answer.into()), Arc::clone(&connections));
        let requests = Requests::default();
        let asked = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
                tokio::spawn(async move { talk(stream, &asked, &answer, then).await });
            }
        });
        Self { url, connections, requests }
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What came before each answer.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the requests").clone()
    }
}

/// One conversation, until either side ends it.
async fn talk(
    mut stream: TcpStream,
    asked: &Requests,
    answer: &[u8],
    then: Then,
) -> std::io::Result<()> {
    let (mut request, mut bytes) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut bytes).await?;
        request.extend_from_slice(&bytes[..length]);
        if length == 0 {
            return Ok(());
        }
    }
    asked.lock().expect("the requests").push(String::from_utf8_lossy(&request).into_owned());
    stream.write_all(answer).await?;
    match then {
        Then::Close => stream.shutdown().await,
        Then::Hold => stream.read(&mut bytes).await.map(drop),
        // Many at a time: who reads to a limit should not take long to reach it.
        Then::Repeat(text) => loop {
            stream.write_all(text.repeat(1024).as_bytes()).await?;
        },
    }
}
