//! Behind an Application Load Balancer that signs users in: who they are, from the header
//! `x-amzn-oidc-data`, and `curl` commands to try it with.
//!
//! ```sh
//! cargo run --example load_balancer
//! ```
//!
//! It stands in for the load balancer itself, and signs what that would sign. With `ALB_ARN`,
//! `COGNITO_USER_POOL_ID` and `COGNITO_CLIENT_ID` set it protects the same routes behind a real one,
//! on all interfaces: let nothing but the load balancer reach it. `PORT` chooses another port than 3000.

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::{Router, routing::get};
use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbClaims, AlbLayer, AlbVerifier, LoadBalancer, UserPool};
use tokio::net::TcpListener;
use tower::ServiceExt;

const CLIENT_ID: &str = "example-client";
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned()).parse::<u16>()?;
    let real = env::var("ALB_ARN").ok();
    // A real load balancer comes from another machine.
    let host = if real.is_some() { "0.0.0.0" } else { "127.0.0.1" };
    let listener = TcpListener::bind((host, port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    if let Some(arn) = real {
        let pool = UserPool::new(&env::var("COGNITO_USER_POOL_ID")?)?;
        let client_id = env::var("COGNITO_CLIENT_ID")?;
        let verifier = AlbVerifier::new(LoadBalancer::new(&arn)?, pool, client_id)?;
        println!("Protected by {arn}, on {url}");
        return serve(listener, app(verifier)).await;
    }
    // Lives as long as the server: its keys are fetched from it.
    let load_balancer = TestLoadBalancer::start().await;
    let app = app(load_balancer.verifier(CLIENT_ID));
    for (what, path, data) in requests(&load_balancer) {
        try_out(&app, &url, what, path, data.as_deref()).await?;
    }
    serve(listener, app).await
}

/// `/me` for those who signed in; `/hello` for all, behind a rule that lets everybody through.
pub(crate) fn app(verifier: AlbVerifier) -> Router {
    let protected = Router::new().route("/me", get(me)).layer(AlbLayer::new(verifier.clone()));
    let optional =
        Router::new().route("/hello", get(hello)).layer(AlbLayer::new(verifier).optional());
    // The load balancer's health checks carry no sign-in.
    Router::new().route("/health", get(async || "ok\n")).merge(protected).merge(optional)
}

async fn me(claims: AlbClaims) -> String {
    let email = claims.email().unwrap_or("an unknown address");
    format!("you are {}, at {email}\n", claims.username().unwrap_or(claims.sub()))
}

async fn hello(claims: Option<AlbClaims>) -> String {
    match claims {
        Some(claims) => format!("hello, {}\n", claims.username().unwrap_or(claims.sub())),
        None => "hello, whoever you are\n".to_owned(),
    }
}

/// What to try: a description, a path, the value of the header.
fn requests(load_balancer: &TestLoadBalancer) -> Vec<(&'static str, &'static str, Option<String>)> {
    // A real load balancer signs for two minutes: too short for a command to be pasted.
    let alice = || load_balancer.token("alice").client_id(CLIENT_ID).expires_in(HOUR);
    let another = TestLoadBalancer::offline();
    let another_arn = another.load_balancer();
    vec![
        ("a health check", "/health", None),
        ("signed in", "/me", Some(alice().sign())),
        ("past the load balancer", "/me", None),
        ("expired", "/me", Some(alice().expired().sign())),
        ("for another client", "/me", Some(alice().client_id("another").sign())),
        (
            "from another account's load balancer",
            "/me",
            Some(alice().header("signer", another_arn.arn()).signed_by(&another).sign()),
        ),
        ("forged by that account", "/me", Some(alice().signed_by(&another).sign())),
        ("sign-in is optional, signed in", "/hello", Some(alice().sign())),
        ("sign-in is optional, without", "/hello", None),
    ]
}

/// Sends the request to the application and prints it as a command, with the answer it got.
async fn try_out(
    app: &Router,
    url: &str,
    what: &str,
    path: &str,
    data: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let mut request = Request::get(path);
    if let Some(data) = data {
        request = request.header("x-amzn-oidc-data", data);
    }
    let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    let (parts, body) = response.into_parts();
    let body = String::from_utf8_lossy(&axum::body::to_bytes(body, 64 * 1024).await?).into_owned();
    println!("\n# {what}: {}\n#   {}", parts.status, body.trim_end());
    if let Some(challenge) = parts.headers.get("www-authenticate") {
        println!("#   WWW-Authenticate: {}", challenge.to_str()?);
    }
    let header = data.map(|data| format!(" -H 'x-amzn-oidc-data: {data}'")).unwrap_or_default();
    println!("curl -i {url}{path}{header}");
    Ok(())
}

async fn serve(listener: TcpListener, app: Router) -> Result<(), Box<dyn Error>> {
    println!("\nListening on http://{} until Ctrl-C.", listener.local_addr()?);
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("no signal handler: {error}");
        }
    };
    Ok(axum::serve(listener, app).with_graceful_shutdown(interrupt).await?)
}
