use std::sync::Arc;

use crate::VerifyError;
use crate::token::BadCredentials;

/// What a request was refused for.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// No source holds a token.
    NoToken,
    Credentials(BadCredentials),
    Token(VerifyError),
    /// The token lacks one of these scopes, between spaces.
    Scope(Arc<str>),
    /// A group or a predicate is not met.
    Forbidden,
    /// There is no `x-amzn-oidc-data`.
    #[cfg(feature = "alb")]
    NoData,
    /// `x-amzn-oidc-data` is refused.
    #[cfg(feature = "alb")]
    Data(crate::AlbVerifyError),
    /// Claims are asked for where no layer verified any.
    MissingLayer,
}
