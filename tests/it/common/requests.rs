//! Requests without a body, for plain services.

use axum_cognito::testing::TestPool;
use http::Request;

/// A request with this token.
pub(crate) fn request(token: &str) -> Request<()> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    request.body(()).expect("a request")
}

/// A request with a good token of the pool.
pub(crate) fn good(pool: &TestPool) -> Request<()> {
    request(&pool.access_token("alice").sign())
}

/// A request whose token has a wrong signature: it is refused only after the keys are there.
pub(crate) fn forged(pool: &TestPool) -> Request<()> {
    let token = pool.access_token("alice").sign();
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    request(&format!("{signed}.{}", "A".repeat(342)))
}
