//! A WebSocket that only a signed-in user opens, and that closes when the token expires.
//!
//! ```sh
//! cargo run -p integrations --example websocket
//! ```
//!
//! Browsers let a script set no header of a WebSocket, so the token comes in a cookie; other clients
//! send `Authorization`. (A token in the query string or in `Sec-WebSocket-Protocol` ends up in logs.)
//! Cookies are sent for other sites' scripts too, and neither CORS nor a CSRF layer covers a
//! WebSocket, whose handshake is a GET: the server must look at `Origin` itself.

use std::error::Error;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{StatusCode, header::ORIGIN};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::any;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, TokenSource};
use tokio::net::TcpListener;
use tokio::time::timeout;

const CLIENT_ID: &str = "chat-client";
/// Where the application is served from, as browsers write it.
const OWN_ORIGIN: &str = "https://app.example.com";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    let sources = [TokenSource::bearer(), TokenSource::cookie("__Host-access_token")];
    Router::new()
        .route("/chat", any(open))
        .layer(CognitoLayer::new(verifier).token_from(sources))
        .layer(from_fn(own_origin))
}

/// Browsers send `Origin` with every handshake, and other clients send none.
async fn own_origin(request: Request, next: Next) -> Result<Response, StatusCode> {
    if request.headers().get(ORIGIN).is_some_and(|origin| origin != OWN_ORIGIN) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(next.run(request).await)
}

async fn open(claims: CognitoClaims, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| chat(socket, claims))
}

/// The token was looked at when the socket opened, and is not again: its `exp` ends the socket,
/// whatever it is doing then. The client renews the token and opens another one.
async fn chat(mut socket: WebSocket, claims: CognitoClaims) {
    let lifetime = claims.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
    if timeout(lifetime, talk(&mut socket, &claims)).await.is_err() {
        // A client that reads nothing is not waited for.
        let _ = timeout(Duration::from_secs(5), close(&mut socket)).await;
    }
}

async fn talk(socket: &mut WebSocket, claims: &CognitoClaims) {
    // Pings are answered by the socket itself; an error ends it.
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let answer = format!("{} says {text}", claims.username().unwrap_or(claims.sub()));
        if socket.send(answer.into()).await.is_err() {
            return;
        }
    }
}

/// Says why, and waits for the client's own close frame.
async fn close(socket: &mut WebSocket) {
    let frame = CloseFrame { code: close_code::POLICY, reason: "the token has expired".into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let upgrade = "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
                   -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='";
    let request = format!("--http1.1 http://{}/chat {upgrade}", listener.local_addr()?);
    let alice = pool.access_token("alice").client_id(CLIENT_ID);
    println!("TOKEN={}", alice.expires_in(Duration::from_secs(120)).sign());
    println!("# 101; it closes two minutes after the start of this program");
    println!("curl -i -N {request} -H \"Authorization: Bearer $TOKEN\" --output -");
    println!("# 403 for another site, whatever the cookie; 401 without a token");
    println!(
        "curl -i {request} -H \"Cookie: __Host-access_token=$TOKEN\" -H 'Origin: https://evil.example'"
    );
    println!("curl -i {request}");
    Ok(axum::serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}
