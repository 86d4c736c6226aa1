//! A sign-out that works at once.
//!
//! ```sh
//! cargo run --example revocation
//! ```

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, RevocationError, Revocations};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "orders-client";

#[derive(Clone)]
pub(crate) struct App {
    revocations: Revocations,
    verifier: CognitoVerifier,
}

pub(crate) fn app(verifier: CognitoVerifier, revocations: Revocations) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/sign-out", post(sign_out))
        .layer(CognitoLayer::new(verifier.clone()))
        // Added after the layer, and so outside of it.
        .route("/ready", get(ready))
        .with_state(App { revocations, verifier })
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.sub())
}

/// Every token of the sign-in is refused from the answer on. In production also call Cognito's
/// `RevokeToken`, or the refresh token goes on making new ones.
async fn sign_out(
    State(app): State<App>,
    claims: CognitoClaims,
) -> Result<&'static str, StatusCode> {
    match app.revocations.end_sign_in(&claims).await {
        Ok(()) => Ok("signed out\n"),
        Err(error @ (RevocationError::Machine | RevocationError::NoTokenId)) => {
            tracing::warn!(%error, "nothing to sign out of");
            Err(StatusCode::BAD_REQUEST)
        }
        // This process refuses the token all the same. The others do once the log is back.
        Err(error) => {
            tracing::error!(%error, "the sign-out did not reach the other servers");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn ready(State(App { revocations, verifier }): State<App>) -> (StatusCode, String) {
    let list = revocations.status();
    let ready = list.is_ready() && verifier.keys().iter().all(|keys| keys.status().is_ready());
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!("revocations: {:?}, {} entries\n", list.state(), list.entries()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let revocations = Revocations::in_memory();
    if let Err(error) = revocations.ready().await {
        tracing::error!(%error, "not ready yet");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let pool = TestPool::start().await;
    let verifier = CognitoVerifier::builder().trust(&pool, CLIENT_ID);
    let verifier = verifier.revocations(&revocations).build()?;
    println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("# you are alice; signed out; 401: The sign-in was ended: sign in again.");
    println!("curl {url}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -X POST {url}/sign-out -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -i {url}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("curl {url}/ready");
    axum::serve(listener, app(verifier, revocations)).await?;
    Ok(())
}
