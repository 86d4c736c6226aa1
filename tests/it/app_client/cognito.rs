//! Stands in for Cognito's endpoints: it answers as a test says, and keeps what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum_cognito::testing::TestPool;
use axum_cognito::{AppClient, AppClientBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(super) const CLIENT: &str = "web-client";
pub(super) const SECRET: &str = "s3cr3t0fTheWebClient";

/// What came in a request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What is done about a request.
#[derive(Clone)]
pub(super) enum Reply {
    Answer {
        status: u16,
        headers: String,
        body: String,
    },
    /// The connection is closed in place of an answer.
    Lost,
    /// The answer breaks off in the middle.
    BreaksOff,
    /// No answer, until the client goes.
    Silence,
    After(Duration, Box<Self>),
}

type Script = dyn Fn(usize, &Asked) -> Reply + Send + Sync;

/// A server on a loopback port, which ends with the runtime of the test. Clone = the same server.
#[derive(Clone)]
pub(super) struct Cognito {
    pub(super) pool: TestPool,
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Mutex<Arc<Script>>>,
}

impl Cognito {
    /// A server that answers each request, counted from zero, as the script says.
    pub(super) async fn start(
        script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let script: Arc<Script> = Arc::new(script);
        let script = Arc::new(Mutex::new(script));
        let cognito = Self { pool: TestPool::offline(), url, asked: Arc::default(), script };
        let server = cognito.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.talk(stream).await });
            }
        });
        cognito
    }

    /// Answers by another script from now on.
    pub(super) fn set(&self, script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) {
        *self.script.lock().expect("the script") = Arc::new(script);
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the requests").clone()
    }

    pub(super) fn requests(&self) -> usize {
        self.asked().len()
    }

    /// A public client that uses the domain.
    pub(super) fn client(&self) -> AppClient {
        self.builder().domain(&self.url).build().expect("settings that can be")
    }

    /// A client that uses the API.
    pub(super) fn api_client(&self) -> AppClient {
        self.builder().build().expect("settings that can be")
    }

    pub(super) fn builder(&self) -> AppClientBuilder {
        AppClient::builder(&self.pool, CLIENT).endpoint(&self.url)
    }

    /// An access token of alice.
    pub(super) fn access_token(&self) -> String {
        self.pool.access_token("alice").client_id(CLIENT).sign()
    }

    /// An ID token of alice.
    pub(super) fn id_token(&self) -> String {
        self.pool.id_token("alice").client_id(CLIENT).sign()
    }

    async fn talk(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some(asked) = read(&mut stream).await? else { return Ok(()) };
        let number = {
            let mut all = self.asked.lock().expect("the requests");
            all.push(asked.clone());
            all.len() - 1
        };
        let script = Arc::clone(&self.script.lock().expect("the script"));
        let mut reply = script(number, &asked);
        while let Reply::After(delay, next) = reply {
            tokio::time::sleep(delay).await;
            reply = *next;
        }
        match reply {
            Reply::Answer { status, headers, body } => {
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await?;
            }
            Reply::BreaksOff => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await?;
            }
            Reply::Silence => drop(stream.read(&mut [0; 16]).await?),
            Reply::Lost | Reply::After(..) => {}
        }
        stream.shutdown().await
    }
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// One field of a form, as it was sent.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers = "content-type: application/json\r\n".to_owned();
        Self::Answer { status, headers, body: body.to_string() }
    }

    /// An error of the domain's endpoints.
    pub(super) fn oauth(status: u16, error: &str) -> Self {
        Self::json(status, &json!({ "error": error }))
    }

    /// An error of the API, as Cognito writes it.
    pub(super) fn api(status: u16, name: &str, message: &str) -> Self {
        let headers = format!("x-amzn-errortype: {name}:\r\nx-amzn-errormessage: {message}\r\n");
        let body = json!({ "__type": name, "message": message }).to_string();
        Self::Answer { status, headers, body }
    }

    pub(super) fn with_header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Answer { status, headers, body } => {
                Self::Answer { status, headers: format!("{headers}{name}: {value}\r\n"), body }
            }
            other => other,
        }
    }
}

/// An answer of `/oauth2/token` with these tokens.
pub(super) fn tokens(access: &str, id: &str, refresh: Option<&str>) -> Reply {
    let mut body = json!({
        "access_token": access, "id_token": id, "token_type": "Bearer", "expires_in": 3600,
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Reply::json(200, &body)
}

/// An answer of `GetTokensFromRefreshToken` with these tokens.
pub(super) fn api_tokens(access: &str, id: &str, refresh: Option<&str>) -> Reply {
    let mut result = json!({
        "AccessToken": access, "IdToken": id, "TokenType": "Bearer", "ExpiresIn": 3600,
    });
    if let Some(refresh) = refresh {
        result["RefreshToken"] = json!(refresh);
    }
    Reply::json(200, &json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk).await? {
            0 => return Ok(None),
            length => bytes.extend_from_slice(&chunk[..length]),
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        match stream.read(&mut chunk).await? {
            0 => return Ok(None),
            read => body.extend_from_slice(&chunk[..read]),
        }
    }
    let body = String::from_utf8(body).expect("text");
    Ok(Some(Asked { path, headers, body }))
}
