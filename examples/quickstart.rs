//! A protected API on 127.0.0.1:3000, and `curl` commands to try it with.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! It starts a user pool of its own and signs the tokens itself. With `COGNITO_USER_POOL_ID` and
//! `COGNITO_CLIENT_ID` set it protects the same routes with that pool. `PORT` chooses another port.

use std::error::Error;
use std::io::ErrorKind;

use axum::body::Body;
use axum::http::Request;
use axum::{Router, routing::get};
use axum_cognito::testing::TestPool;
use axum_cognito::{AccessClaims, CognitoClaims, CognitoLayer, CognitoVerifier, Require};
use tokio::net::TcpListener;
use tower::ServiceExt;

const CLIENT_ID: &str = "quickstart-client";
const DEFAULT_PORT: u16 = 3000;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
    if let Err(error) = run().await {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let listener = listen(port()?).await?;
    let url = format!("http://{}", listener.local_addr()?);
    if std::env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let verifier = CognitoVerifier::from_env()?;
        verifier.prefetch().await?;
        println!("\nProtected by your user pool. Put one of its access tokens into TOKEN:\n");
        for path in ["/me", "/orders", "/admin", "/hello"] {
            println!("  curl -i {url}{path} -H \"Authorization: Bearer $TOKEN\"");
        }
        return serve(listener, app(verifier)).await;
    }
    // Lives as long as the server: its keys are fetched from it.
    let pool = TestPool::start().await;
    let app = app(pool.verifier(CLIENT_ID));
    for (what, path, token) in requests(&pool) {
        try_out(&app, &url, what, path, token.as_deref()).await?;
    }
    serve(listener, app).await
}

fn app(verifier: CognitoVerifier) -> Router {
    let protected = Router::new()
        .route("/admin", get(admin))
        .route_layer(Require::group("admins"))
        .merge(
            Router::new().route("/orders", get(orders)).route_layer(Require::scope("orders/read")),
        )
        .route("/me", get(me))
        .layer(CognitoLayer::new(verifier.clone()));
    let optional =
        Router::new().route("/hello", get(hello)).layer(CognitoLayer::new(verifier).optional());
    Router::new().route("/", get(async || "open to everybody\n")).merge(protected).merge(optional)
}

async fn me(claims: CognitoClaims) -> String {
    format!("you are {}\n", claims.username().unwrap_or(claims.sub()))
}

async fn orders(claims: AccessClaims) -> String {
    format!("orders, by the scopes {:?}\n", claims.scopes())
}

async fn admin(claims: AccessClaims) -> String {
    format!("for admins, by the groups {:?}\n", claims.groups())
}

async fn hello(claims: Option<CognitoClaims>) -> String {
    match claims {
        Some(claims) => format!("hello, {}\n", claims.username().unwrap_or(claims.sub())),
        None => "hello, whoever you are\n".to_owned(),
    }
}

/// What to try: a description, a path, a token.
fn requests(pool: &TestPool) -> Vec<(&'static str, &'static str, Option<String>)> {
    let alice = || pool.access_token("alice").client_id(CLIENT_ID);
    let (good, expired) = (alice().sign(), alice().expired().sign());
    let with_scope = alice().scope("orders/read orders/write").sign();
    vec![
        ("no token, public route", "/", None),
        ("a good access token", "/me", Some(good.clone())),
        ("no token", "/me", None),
        ("an expired token", "/me", Some(expired)),
        ("another client's token", "/me", Some(alice().client_id("another-client").sign())),
        ("an ID token", "/me", Some(pool.id_token("alice").client_id(CLIENT_ID).sign())),
        ("a refresh token", "/me", Some(pool.refresh_token())),
        ("the scope", "/orders", Some(with_scope)),
        ("without the scope", "/orders", Some(good.clone())),
        ("in the group", "/admin", Some(alice().groups(["admins"]).sign())),
        ("not in the group", "/admin", Some(good.clone())),
        ("optional sign-in, signed in", "/hello", Some(good)),
        ("optional sign-in, without a token", "/hello", None),
    ]
}

/// Sends the request to the application and prints it as a command, with the answer it got.
async fn try_out(
    app: &Router,
    url: &str,
    what: &str,
    path: &str,
    token: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let header = token.map(|token| format!("Bearer {token}"));
    let mut request = Request::get(path);
    if let Some(header) = &header {
        request = request.header("authorization", header);
    }
    let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    let (parts, body) = response.into_parts();
    let body = String::from_utf8_lossy(&axum::body::to_bytes(body, 64 * 1024).await?).into_owned();
    let argument =
        header.map(|header| format!(" -H 'Authorization: {header}'")).unwrap_or_default();
    println!("\n# {what}: {}\n#   {}", parts.status, body.trim_end());
    if let Some(challenge) = parts.headers.get("www-authenticate") {
        println!("#   WWW-Authenticate: {}", challenge.to_str()?);
    }
    println!("curl -i {url}{path}{argument}");
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

async fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {port} is taken: choose another one, like `PORT={} cargo run --example quickstart`",
            port.saturating_add(1)
        ),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}"),
    })
}

fn port() -> Result<u16, String> {
    let Ok(port) = std::env::var("PORT") else { return Ok(DEFAULT_PORT) };
    port.parse().map_err(|_| format!("PORT is `{port}`: it should be a number from 0 to 65535"))
}
