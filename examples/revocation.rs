//! A sign-out that works at once: in this process, or in all that share a Redis.
//!
//! ```sh
//! cargo run --example revocation
//! ```
//!
//! With `REDIS_URL=redis://127.0.0.1:6379` the list is shared. The program prints the command that
//! starts a second server on the same list: sign out at one, and the other refuses the token too.

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoClaims, CognitoLayer, CognitoVerifier, CognitoVerifierBuilder, RevocationError,
    Revocations,
};
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

/// The list of this process, or the one behind `REDIS_URL`.
fn revocations() -> Result<Revocations, Box<dyn Error>> {
    match std::env::var("REDIS_URL") {
        Err(_) => Ok(Revocations::in_memory()),
        Ok(url) => shared(&url),
    }
}

#[cfg(feature = "redis")]
fn shared(url: &str) -> Result<Revocations, Box<dyn Error>> {
    use std::time::Duration;

    use axum_cognito::{OnLoss, RedisLog};

    // An ended token is accepted nowhere later than this after the sign-out.
    let on_loss = OnLoss::RefuseAfter(Duration::from_secs(30));
    Ok(Revocations::shared(RedisLog::new(url)?, on_loss))
}

#[cfg(not(feature = "redis"))]
fn shared(_: &str) -> Result<Revocations, Box<dyn Error>> {
    Err("REDIS_URL needs the feature `redis`".into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let revocations = revocations()?;
    if let Err(error) = revocations.ready().await {
        tracing::error!(%error, "not ready yet");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    // A second server verifies the tokens of the first one's pool: its variables are set.
    let pool = match std::env::var("COGNITO_USER_POOL_ID") {
        Ok(_) => None,
        Err(_) => Some(TestPool::start().await),
    };
    let verifier = match &pool {
        None => CognitoVerifierBuilder::from_env()?,
        Some(pool) => CognitoVerifier::builder().trust(pool, CLIENT_ID),
    };
    let verifier = verifier.revocations(&revocations).build()?;
    if let Some(pool) = &pool {
        println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
        println!("# A second server on the same list, if REDIS_URL is set:");
        println!(
            "COGNITO_USER_POOL_ID={} COGNITO_CLIENT_ID={CLIENT_ID} \\\n  \
             AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER={} \\\n  \
             cargo run --example revocation",
            pool.user_pool().id(),
            endpoint(pool),
        );
    }
    println!("# you are alice; signed out; 401: The sign-in was ended: sign in again.");
    println!("curl {url}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -X POST {url}/sign-out -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -i {url}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("curl {url}/ready");
    axum::serve(listener, app(verifier, revocations)).await?;
    Ok(())
}

/// Where the pool's keys are served, without the pool's own path.
fn endpoint(pool: &TestPool) -> String {
    let user_pool = pool.user_pool();
    let path = format!("/{}/.well-known/jwks.json", user_pool.id());
    user_pool.jwks_url().trim_end_matches(&path).to_owned()
}
