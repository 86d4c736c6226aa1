/// A claim that is there, but not of the type that was asked for.
///
/// From [`CognitoClaims::claim`](crate::CognitoClaims::claim) and
/// [`CognitoClaims::deserialize`](crate::CognitoClaims::deserialize). The message names the claim
/// and the place in the payload, never the claim's value.
///
/// ```
/// use axum_cognito::TestPool;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = TestPool::offline();
/// let token = pool.access_token("alice").client_id("web-client").claim("tenant", 7).sign();
/// let claims = pool.verifier("web-client").verify(&token).await?;
/// assert_eq!(claims.claim::<u32>("tenant")?, Some(7));
/// let error = claims.claim::<String>("tenant").unwrap_err();
/// assert!(error.to_string().contains(r#"the claim "tenant""#), "{error}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of a verified token cannot be read as {wanted}: {reason}")]
pub struct ClaimError {
    what: String,
    wanted: &'static str,
    reason: &'static str,
}

impl ClaimError {
    pub(crate) fn new<T>(what: String, error: &serde_json::Error) -> Self {
        // serde_json's own message may quote the value, so only its category is kept.
        let reason = match error.classify() {
            serde_json::error::Category::Data => "it has another type, or stands there twice",
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => "it is not valid JSON",
        };
        Self { what, wanted: std::any::type_name::<T>(), reason }
    }
}
