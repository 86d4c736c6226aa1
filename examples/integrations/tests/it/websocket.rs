use std::time::Duration;

use axum::http::{Request, StatusCode};
use axum_cognito::testing::TestToken;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::apps::websocket;
use crate::common::{alice, bearer, verifier};

const HOUR: Duration = Duration::from_secs(3600);

type Socket = WebSocketStream<TcpStream>;

/// Opens a socket with these headers, at a server that ends with the test.
async fn open(headers: &[(&'static str, String)]) -> Result<Socket, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, websocket::app(verifier())).await });
    let request = format!("ws://{address}/chat").into_client_request();
    let mut request: Request<()> = request.expect("a request");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header's value"));
    }
    let stream = TcpStream::connect(address).await.expect("a connection");
    Ok(client_async(request, stream).await?.0)
}

fn with_token(token: TestToken) -> (&'static str, String) {
    ("authorization", bearer(&token.sign()))
}

fn with_cookie() -> (&'static str, String) {
    ("cookie", format!("__Host-access_token={}", alice().sign()))
}

async fn say(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).await.expect("an open socket");
    let answer = socket.next().await.expect("an answer").expect("an open socket");
    answer.into_text().expect("text").to_string()
}

/// Lets time pass, and then the clock run on as it did.
async fn pass(duration: Duration) {
    time::pause();
    time::advance(duration).await;
    time::resume();
}

fn status(opened: Result<Socket, Error>) -> StatusCode {
    let Err(Error::Http(response)) = opened else { panic!("no refusal: {opened:?}") };
    response.status()
}

#[tokio::test]
async fn a_socket_knows_who_speaks() {
    let mut socket = open(&[with_token(alice())]).await.expect("a socket");
    assert_eq!(say(&mut socket, "hello").await, "alice says hello");
}

#[tokio::test]
async fn a_browser_opens_a_socket_by_its_cookie() {
    let origin = ("origin", "https://app.example.com".to_owned());
    let mut socket = open(&[with_cookie(), origin]).await.expect("a socket");
    assert_eq!(say(&mut socket, "hello").await, "alice says hello");
}

#[tokio::test]
async fn another_site_opens_no_socket_by_the_cookie() {
    let origin = ("origin", "https://evil.example".to_owned());
    assert_eq!(status(open(&[with_cookie(), origin]).await), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_opens_a_socket_without_a_good_token() {
    assert_eq!(status(open(&[]).await), StatusCode::UNAUTHORIZED);
    let expired = with_token(alice().expired());
    assert_eq!(status(open(&[expired]).await), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_socket_closes_when_its_token_expires_and_not_before() {
    let mut socket = open(&[with_token(alice().expires_in(24 * HOUR))]).await.expect("a socket");
    assert_eq!(say(&mut socket, "hello").await, "alice says hello");
    pass(23 * HOUR).await;
    assert_eq!(say(&mut socket, "still here").await, "alice says still here");
    pass(HOUR).await;
    let closed = time::timeout(HOUR / 60, socket.next()).await.expect("an end, not a hang");
    let closed = closed.expect("a last message").expect("a good end");
    let Message::Close(Some(frame)) = closed else { panic!("no close frame: {closed:?}") };
    assert_eq!(frame.code, CloseCode::Policy);
    assert_eq!(frame.reason.as_str(), "the token has expired");
    // Both sides have closed, in order.
    assert!(socket.next().await.is_none());
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_keep_its_socket() {
    let mut socket = open(&[with_token(alice().expires_in(24 * HOUR))]).await.expect("a socket");
    // More answers than any buffer between the two takes: the server waits to send.
    let text = "x".repeat(1024 * 1024);
    let mut flood = 0;
    while let Ok(sent) = time::timeout(HOUR / 3600, socket.send(Message::text(&text))).await {
        sent.expect("an open socket");
        flood += 1;
        assert!(flood < 1000, "the server takes all that comes");
    }
    pass(24 * HOUR).await;
    pass(HOUR).await;
    // The server has let go: the next answer to what is sent is that there is nobody.
    let sent = async { while socket.send(Message::text(&text)).await.is_ok() {} };
    time::timeout(HOUR / 60, sent).await.expect("an end, not a hang");
}
