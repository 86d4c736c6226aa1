//! A program on the command line that signs in, calls an API, and renews its token when it has
//! expired. The same shape serves the backend of a mobile application.
//!
//! ```sh
//! cargo run --example renewal
//! ```

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::routing::get;
use axum::{Router, serve};
use axum_cognito::testing::{TestClient, TestPool};
use axum_cognito::{AppClient, CognitoClaims, CognitoLayer, CognitoVerifier, RenewError, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode, Url};
use tokio::net::TcpListener;

pub(crate) const CLIENT_ID: &str = "command-line";
/// Where the browser comes back to (RFC 8252 §7.3). In a program: a listener on a loopback port.
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// A user who has signed in, until Cognito says that it is over.
pub(crate) struct Session {
    client: AppClient,
    http: Client,
    // A program that is started again keeps the refresh token in the system's key store.
    tokens: Tokens,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The sign-in is over.
    SignInAgain,
    /// The session stands, and this is not the time.
    TryLater(Duration),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignInAgain => f.write_str("the sign-in is over: sign in again"),
            Self::TryLater(wait) => write!(f, "try again in {wait:?}"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl Session {
    /// Signs in by an authorization code with PKCE.
    pub(crate) async fn sign_in(client: AppClient) -> Result<Self, Box<dyn Error>> {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.build()?;
        let [state, nonce, code_verifier] = [(); 3].map(|()| random());
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, code_verifier.as_bytes()));
        let url = client.authorize_url(&[
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        // In a program: the user's browser opens this address.
        let back = http.get(url.ok_or("no domain to sign in at")?).send().await?;
        let back = back.headers().get(LOCATION).ok_or("no way back")?.to_str()?;
        let back = Url::parse(back)?;
        let param = |name| back.query_pairs().find(|(own, _)| own == name).map(|pair| pair.1);
        if param("state").as_deref() != Some(&state) {
            return Err("the answer is not to this sign-in".into());
        }
        let code = param("code").ok_or("no code")?;
        let tokens = client.exchange_code(&code, REDIRECT_URI, &code_verifier).await?;
        if tokens.id_claims().and_then(|claims| claims.nonce()) != Some(&nonce) {
            return Err("the ID token is not of this sign-in".into());
        }
        Ok(Self { client, http, tokens })
    }

    /// Gets this address, with a renewed token if the cached one has expired.
    pub(crate) async fn get(&mut self, url: &str) -> Result<String, CallError> {
        let mut response = self.send(url).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // Once: a second 401 is not for a token that has expired.
            self.renew().await?;
            response = self.send(url).await?;
        }
        match response.status() {
            StatusCode::OK => response.text().await.map_err(failed),
            StatusCode::UNAUTHORIZED => Err(CallError::SignInAgain),
            status => Err(CallError::Failed(format!("the API answers {status}"))),
        }
    }

    /// Signs out at Cognito: nothing renews any more.
    pub(crate) async fn sign_out(self) -> Result<(), RenewError> {
        self.client.revoke(self.tokens.refresh_token()).await
    }

    async fn renew(&mut self) -> Result<(), CallError> {
        match self.client.renew(self.tokens.refresh_token()).await {
            Ok(tokens) => self.tokens = tokens,
            Err(RenewError::Ended) => return Err(CallError::SignInAgain),
            Err(RenewError::Unavailable { retry_after }) => {
                return Err(CallError::TryLater(retry_after));
            }
            Err(error @ (RenewError::Misconfigured | RenewError::Verify)) => {
                return Err(CallError::Failed(error.to_string()));
            }
        }
        println!("# renewed");
        Ok(())
    }

    async fn send(&self, url: &str) -> Result<Response, CallError> {
        let request = self.http.get(url).bearer_auth(self.tokens.access_token());
        request.send().await.map_err(failed)
    }
}

fn failed(error: reqwest::Error) -> CallError {
    CallError::Failed(error.without_url().to_string())
}

/// 32 random bytes, as text.
fn random() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes of the system");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The API that the program calls.
pub(crate) fn api(verifier: CognitoVerifier) -> Router {
    let me = async |claims: CognitoClaims| {
        format!("hello, {}", claims.username().unwrap_or("whoever you are"))
    };
    Router::new().route("/me", get(me)).layer(CognitoLayer::new(verifier))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In the place of a user pool, whose access tokens live at least 5 minutes.
    let pool = TestPool::start().await;
    let lifetime = Duration::from_secs(3);
    let rotating = TestClient::new(CLIENT_ID).rotation(Duration::from_secs(10));
    pool.add_client(rotating.access_token_lifetime(lifetime));
    pool.sign_in_as("alice");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/me", listener.local_addr()?);
    let api = api(pool.verifier(CLIENT_ID));
    tokio::spawn(async move { serve(listener, api).await });

    // In production: AppClient::from_env()?
    let client = AppClient::builder(&pool, CLIENT_ID).domain(pool.domain()).build()?;
    let mut session = Session::sign_in(client).await?;
    for _ in 0..8 {
        match session.get(&url).await {
            Ok(text) => println!("{text}"),
            Err(error @ CallError::TryLater(_)) => println!("# {error}"),
            Err(error) => return Err(error.to_string().into()),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    session.sign_out().await?;
    println!("# signed out");
    Ok(())
}
