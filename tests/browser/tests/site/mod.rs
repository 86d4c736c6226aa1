//! The application, its pool and another site, on loopback ports, and a browser before them.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use axum_cognito::testing::TestPool;
use axum_cognito::{Revocations, SignInBuilder};
use browser::{Browser, Driver, Failure};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::web_app;

/// How long a whole test may take.
const BOUND: Duration = Duration::from_secs(120);

/// All that a test drives.
pub(crate) struct Site {
    pub(crate) pool: TestPool,
    pub(crate) revocations: Revocations,
    pub(crate) driver: Driver,
    browser: Browser,
    address: String,
    other: String,
}

impl Site {
    async fn start(settings: fn(SignInBuilder) -> SignInBuilder) -> Result<Self, Failure> {
        let pool = TestPool::start().await;
        let revocations = Revocations::in_memory();
        let (listener, address) = listen("localhost").await?;
        let sign_in = web_app::sign_in_at(&pool, &revocations, &address).map_err(Failure::new)?;
        let sign_in = settings(sign_in).build().map_err(Failure::new)?;
        serve(listener, web_app::app(&sign_in));
        let (listener, other) = listen("127.0.0.1").await?;
        serve(listener, other_site(&address));
        let driver = Driver::start().await?;
        let browser = driver.open().await?;
        Ok(Self { pool, revocations, driver, browser, address, other })
    }

    pub(crate) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// An address of the application.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// An address of another site, with a link to the application, and a form that signs out of it.
    pub(crate) fn other_site(&self, path: &str) -> String {
        format!("{}{path}", self.other)
    }

    /// Waits for the page of the pool that asks who is there.
    pub(crate) async fn shows_choice(&self) -> Result<(), Failure> {
        self.browser.wait_for("Sign in to the test pool").await
    }

    /// Signs in at the page of the pool.
    pub(crate) async fn choose(&self, username: &str) -> Result<(), Failure> {
        choose(&self.browser, username).await
    }
}

/// Signs in at the page of the pool, in this browser.
pub(crate) async fn choose(browser: &Browser, username: &str) -> Result<(), Failure> {
    browser.wait_for("Sign in to the test pool").await?;
    browser.click(&format!("button[value={username}]")).await
}

/// Runs a test, in its time. If it fails, a picture of the page stays below `target/browser`.
pub(crate) fn test(
    name: &str,
    settings: fn(SignInBuilder) -> SignInBuilder,
    body: impl AsyncFnOnce(&Site) -> Result<(), Failure>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.expect("a runtime").block_on(async {
        let site = timeout(BOUND, Site::start(settings)).await;
        let site = site.map_err(|_| Failure::new("the site is not ready in two minutes"))??;
        let outcome = timeout(BOUND, body(&site)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Failure::new("not done in two minutes")));
        if outcome.is_err() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser");
            let kept = timeout(BOUND, site.browser.keep(&folder, name)).await;
            eprintln!("the page that failed is target/browser/{name}.png: {kept:?}");
        }
        let closed = timeout(BOUND, site.browser.close()).await;
        outcome.and(closed.unwrap_or_else(|_| Err(Failure::new("the browser does not close"))))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn listen(host: &str) -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{host}:{}", listener.local_addr()?.port());
    Ok((listener, address))
}

fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}

fn other_site(address: &str) -> Router {
    let page = format!(
        r#"<!doctype html><html lang="en"><title>Another site</title><body>
        <a id="link" href="{address}/account">Your account</a>
        <form method="post" action="{address}/auth/sign-out"><button id="sign-out" style="color:#ddd;background:#eee">Win</button></form>"#
    );
    Router::new().route("/", get(async || Html(page)))
}
