//! A small web application: sign in, a page with who you are, a page for admins that asks for a fresh
//! sign-in, sign out here and everywhere.
//!
//! ```sh
//! cargo run --example web_app
//! ```
//!
//! It starts a user pool of its own, whose sign-in page has a button for each user. With
//! `COGNITO_USER_POOL_ID`, `COGNITO_CLIENT_ID`, `COGNITO_CLIENT_SECRET` and `COGNITO_DOMAIN` set it
//! uses that pool: the app client must allow the two URLs that the program prints. `PORT` chooses
//! another port, and `APP_URL` says where browsers find the application, if that is not there.

mod page;

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_cognito::testing::{TestClient, TestPool, TestUser};
use axum_cognito::{
    AppClient, CognitoClaims, CognitoVerifier, CognitoVerifierBuilder, ConfigError, Require,
    Revocations, Session, SignIn, SignInBuilder,
};
use serde_json::json;
use tokio::net::TcpListener;

const CLIENT_ID: &str = "web-client";
const CLIENT_SECRET: &str = "only-for-this-example";

/// The whole application.
pub(crate) fn app(sign_in: &SignIn) -> Router {
    let signed_in = Router::new()
        .route("/admin", get(admin))
        .route_layer(
            Require::group("admins").and(Require::signed_in_within(Duration::from_secs(60))),
        )
        .route("/account", get(account))
        .route("/account/sign-out-everywhere", post(sign_out_everywhere))
        .route("/api/me", get(me))
        .layer(sign_in.layer());
    let public = Router::new().route("/", get(home)).layer(sign_in.layer().optional());
    let files = Router::new()
        .route("/app.js", get(([("content-type", "text/javascript")], page::SCRIPT)))
        .route("/style.css", get(([("content-type", "text/css")], page::STYLE)));
    let pages = public.merge(signed_in).merge(files).layer(map_response(protect));
    pages.merge(sign_in.routes())
}

/// What the pages may load: nothing of another site. No `form-action`, as browsers hold the way that a
/// sign-out takes over Cognito to it too.
async fn protect(mut response: Response) -> Response {
    let policy =
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert("content-security-policy", HeaderValue::from_static(policy));
    response
}

async fn home(session: Option<Session>) -> Html<String> {
    page::home(session.map(|session| session.name()).as_deref())
}

async fn account(session: Session) -> Html<String> {
    page::account(&session)
}

async fn admin(claims: CognitoClaims) -> Html<String> {
    page::admin(claims.username().unwrap_or_default())
}

async fn me(claims: CognitoClaims) -> impl IntoResponse {
    axum::Json(json!({ "username": claims.username(), "groups": claims.groups() }))
}

async fn sign_out_everywhere(session: Session) -> Redirect {
    session.sign_out_everywhere().await;
    Redirect::to("/")
}

/// The sign-in of an application at this address, with sessions in this process.
fn sign_in(
    verifier: CognitoVerifier,
    client: AppClient,
    revocations: &Revocations,
    address: &str,
) -> SignInBuilder {
    SignIn::builder(verifier, client, address).revocations(revocations).scopes([
        "openid",
        "email",
        "aws.cognito.signin.user.admin",
    ])
}

/// The sign-in at a pool of this program, with two users.
pub(crate) fn sign_in_at(
    pool: &TestPool,
    revocations: &Revocations,
    address: &str,
) -> Result<SignInBuilder, ConfigError> {
    pool.add_client(
        TestClient::new(CLIENT_ID)
            .secret(CLIENT_SECRET)
            .callback(&format!("{address}/auth/callback"))
            .logout_url(&format!("{address}/"))
            .rotation(Duration::from_secs(10))
            .access_token_lifetime(Duration::from_secs(300))
            .id_token_lifetime(Duration::from_secs(300)),
    );
    pool.add_user(TestUser::new("alice").group("admins").attribute("name", "Alice Adams"));
    pool.add_user(TestUser::new("bob").attribute("name", "Bob Brown"));
    let verifier = CognitoVerifier::builder().trust(pool, CLIENT_ID).clock(pool.clock());
    let client = AppClient::builder(pool, CLIENT_ID)
        .secret(CLIENT_SECRET)
        .domain(pool.domain())
        .clock(pool.clock())
        .build()?;
    Ok(sign_in(verifier.revocations(revocations).build()?, client, revocations, address))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let own = format!("http://{}", listener.local_addr()?);
    let address = std::env::var("APP_URL").unwrap_or(own);
    // Lives as long as the server: browsers sign in there.
    let pool = TestPool::start().await;
    let revocations = Revocations::in_memory();
    let sign_in = if std::env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let verifier = CognitoVerifierBuilder::from_env()?.revocations(&revocations).build()?;
        sign_in(verifier, AppClient::from_env()?, &revocations, &address)
    } else {
        sign_in_at(&pool, &revocations, &address)?
    };
    let sign_in = sign_in.build()?;
    println!("The app client should allow the callback URL {}", sign_in.callback_url());
    println!("and the sign-out URL {}.", sign_in.signed_out_url());
    println!("\nOpen {address} until Ctrl-C.");
    axum::serve(listener, app(&sign_in)).await?;
    Ok(())
}
