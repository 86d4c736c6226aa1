use std::time::Duration;

use crate::VerifyError;
use crate::rejection::{Cause, Challenge, Rejection};
use crate::token::BadCredentials;

/// One refusal of each kind that a client can get, under a name for it.
pub(super) fn refusals() -> [(&'static str, Rejection); 7] {
    let out = VerifyError::KeysUnavailable { retry_after: Duration::from_secs(1) };
    [
        ("malformed credentials", Cause::Credentials(BadCredentials::Malformed)),
        ("no token", Cause::NoToken),
        ("an expired token", Cause::Token(VerifyError::Expired)),
        ("an invalid token", Cause::Token(VerifyError::Signature)),
        ("a missing scope", Cause::Scope("orders/read".into())),
        ("another bearer's", Cause::Forbidden),
        ("no keys", Cause::Token(out)),
    ]
    .map(|(name, cause)| (name, Rejection::new(cause, Challenge::default())))
}
