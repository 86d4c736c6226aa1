//! An application with a sign-in, before a user pool of its own.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use axum_cognito::testing::{TestClient, TestPool};
use axum_cognito::{
    AppClient, BearerToken, CognitoClaims, CognitoVerifier, MemorySessions, Require, Revocations,
    Session, SignIn, SignInBuilder,
};

use super::ADDRESS;
use super::browser::Browser;

pub(crate) const CLIENT: &str = "web-client";

/// An application, its pool, its sessions and its list of revocations.
pub(crate) struct Rig {
    pub(crate) pool: TestPool,
    pub(crate) client: AppClient,
    pub(crate) store: MemorySessions,
    pub(crate) revocations: Revocations,
    pub(crate) sign_in: SignIn,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(|client| client, |builder| builder).await
    }

    /// With other settings of the app client at the pool, and of the sign-in.
    pub(crate) async fn with(
        client: impl FnOnce(TestClient) -> TestClient,
        settings: impl FnOnce(SignInBuilder) -> SignInBuilder,
    ) -> Self {
        let pool = TestPool::start().await;
        let registered = TestClient::new(CLIENT)
            .secret("secret-of-the-client")
            .callback(&format!("{ADDRESS}/auth/callback"))
            .logout_url(&format!("{ADDRESS}/"))
            .rotation(Duration::from_secs(10));
        pool.add_client(client(registered));
        pool.sign_in_as("alice");
        let app_client = app_client(&pool);
        let (store, revocations) = (MemorySessions::default(), Revocations::in_memory());
        let builder = builder(&pool, &app_client, &revocations).sessions(store.clone());
        let sign_in = settings(builder).build().expect("settings that can be");
        Self { pool, client: app_client, store, revocations, sign_in }
    }

    /// A sign-in of its own on the same pool, as another process has.
    pub(crate) fn builder(&self) -> SignInBuilder {
        builder(&self.pool, &app_client(&self.pool), &self.revocations)
    }

    pub(crate) fn app(&self) -> Router {
        app(&self.sign_in)
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.app(), self.pool.router())
    }

    /// A browser in which this user has signed in.
    pub(crate) async fn signed_in(&self, username: &str) -> Browser {
        self.pool.sign_in_as(username);
        let mut browser = self.browser();
        let response = browser.sign_in("/auth/sign-in").await;
        assert!(browser.session().is_some(), "{}", response.body());
        browser
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.pool.clock().advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn app_client(pool: &TestPool) -> AppClient {
    AppClient::builder(pool, CLIENT)
        .secret("secret-of-the-client")
        .domain(pool.domain())
        .clock(pool.clock())
        .build()
        .expect("settings that can be")
}

pub(crate) fn verifier(pool: &TestPool, revocations: &Revocations) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(pool, CLIENT).clock(pool.clock());
    builder.revocations(revocations).build().expect("settings that can be")
}

fn builder(pool: &TestPool, client: &AppClient, revocations: &Revocations) -> SignInBuilder {
    let verifier = verifier(pool, revocations);
    let builder = SignIn::builder(verifier, client.clone(), ADDRESS).revocations(revocations);
    builder.scopes(["openid", "email", "aws.cognito.signin.user.admin"])
}

/// The application: a page, an API, a page that needs a recent sign-in.
pub(crate) fn app(sign_in: &SignIn) -> Router {
    let recent = Require::signed_in_within(Duration::from_secs(300));
    let pages = Router::new()
        .route("/admin", get(async |claims: CognitoClaims| format!("admin {}", claims.sub())))
        .route_layer(recent)
        .route("/", get(async || "start"))
        .route("/orders", get(async |claims: CognitoClaims| claims.sub().to_owned()))
        .route("/api/me", get(async |claims: CognitoClaims| claims.sub().to_owned()))
        .route("/api/orders", post(async || "ordered"))
        .route("/api/token", get(async |session: Session| session.access_token().to_owned()))
        .route("/api/bearer", get(async |token: BearerToken| token.as_str().to_owned()))
        .route("/api/id", get(async |session: Session| session.id().to_owned()))
        .route("/api/leave", post(async |session: Session| session.sign_out_everywhere().await));
    let public = Router::new()
        .route(
            "/public",
            get(async |claims: Option<CognitoClaims>| format!("{}", claims.is_some())),
        )
        .layer(sign_in.layer().optional());
    pages.layer(sign_in.layer()).merge(public).merge(sign_in.routes())
}
