use std::borrow::Cow;

/// A claim that is not of the type that was asked for, or all claims that do not fit a type.
///
/// From [`CognitoClaims::claim`](crate::CognitoClaims::claim) and
/// [`CognitoClaims::deserialize`](crate::CognitoClaims::deserialize). The message names the claim
/// that was asked for, or the first field that a type wants and the token lacks; never a claim's value.
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
    reason: Cow<'static, str>,
}

impl ClaimError {
    pub(crate) fn new<T>(what: String, error: &serde_json::Error) -> Self {
        Self { what, wanted: std::any::type_name::<T>(), reason: reason(error) }
    }
}

/// serde_json's own message may quote the value, so only its category is kept, and the name of a
/// field that is missing.
fn reason(error: &serde_json::Error) -> Cow<'static, str> {
    let message = error.to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match (error.classify(), missing) {
        (serde_json::error::Category::Data, Some((name, _))) => {
            format!("the field {name:?} is missing").into()
        }
        (serde_json::error::Category::Data, None) => "it has another type, or is duplicated".into(),
        (
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof,
            _,
        ) => "it is not valid JSON".into(),
    }
}
