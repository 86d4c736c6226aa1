//! A small application with tests of its handlers: tokens of every kind, without a network.
//!
//! ```sh
//! cargo run --example testing_handlers
//! cargo test --example testing_handlers
//! ```
//!
//! `TestPool` is behind the feature `testing`, for the tests alone:
//! `cargo add --dev axum-cognito --features testing`. (Here `main` has one too.)

use std::error::Error;

use axum::extract::Path;
use axum::routing::get;
use axum::{Router, serve};
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, CognitoVerifier, Rejection};
use tokio::net::TcpListener;

const CLIENT_ID: &str = "notes-client";

pub(crate) fn app(verifier: CognitoVerifier) -> Router {
    Router::new().route("/notes/{owner}", get(notes)).layer(CognitoLayer::new(verifier))
}

/// Own notes, or anybody's for the support.
async fn notes(Path(owner): Path<String>, claims: CognitoClaims) -> Result<String, Rejection> {
    if owner != claims.sub() && !claims.in_group("support") {
        return Err(Rejection::forbidden());
    }
    Ok(format!("the notes of {owner}\n"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: CognitoVerifier::from_env()?
    let pool = TestPool::offline();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/notes", listener.local_addr()?);
    println!("TOKEN={}", pool.access_token("alice").client_id(CLIENT_ID).sign());
    println!("# 200, then 403 for the notes of another");
    println!("curl -i {url}/{} -H \"Authorization: Bearer $TOKEN\"", pool.sub_of("alice"));
    println!("curl -i {url}/{} -H \"Authorization: Bearer $TOKEN\"", pool.sub_of("bob"));
    Ok(serve(listener, app(pool.verifier(CLIENT_ID))).await?)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum_cognito::testing::TestToken;
    use tower::ServiceExt as _;

    use super::*;

    /// One for all tests that leave its clock alone: a pool's keys take a moment to make.
    static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

    fn token(pool: &TestPool, username: &str) -> TestToken {
        pool.access_token(username).client_id(CLIENT_ID)
    }

    /// The status of a request for Alice's notes. Each request may have an application of its own:
    /// they share the pool's keys.
    async fn ask(pool: &TestPool, token: &str) -> StatusCode {
        // Notes belong to a `sub`: as in a real pool, it is not the user's name.
        let notes = format!("/notes/{}", pool.sub_of("alice"));
        let request = Request::get(notes).header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).expect("a request");
        app(pool.verifier(CLIENT_ID)).oneshot(request).await.expect("an answer").status()
    }

    #[tokio::test]
    async fn a_user_reads_their_own_notes() {
        assert_eq!(ask(&POOL, &token(&POOL, "alice").sign()).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_user_does_not_read_the_notes_of_another() {
        assert_eq!(ask(&POOL, &token(&POOL, "bob").sign()).await, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn the_support_reads_the_notes_of_everybody() {
        let support = token(&POOL, "bob").groups(["support"]).sign();
        assert_eq!(ask(&POOL, &support).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_token_of_another_client_is_refused() {
        let other = token(&POOL, "alice").client_id("another-client").sign();
        assert_eq!(ask(&POOL, &other).await, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_token_ends_after_its_hour() {
        // A pool of its own, because the others' clock would move too.
        let pool = TestPool::offline();
        let token = token(&pool, "alice").sign();
        pool.clock().advance(Duration::from_secs(59 * 60));
        assert_eq!(ask(&pool, &token).await, StatusCode::OK);
        pool.clock().advance(Duration::from_secs(60));
        assert_eq!(ask(&pool, &token).await, StatusCode::UNAUTHORIZED);
    }
}
