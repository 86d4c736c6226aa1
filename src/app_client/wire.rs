//! What Cognito's two interfaces have in common: the tokens that they issue, and how they refuse.

use std::time::Duration;

use super::http::{Answer, NoAnswer};
use super::secrets::Secret;

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    pub(super) id: &'a str,
    pub(super) secret: Option<&'a Secret>,
}

/// What a renewal or an exchange brought, not verified yet. It has no `Debug`.
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) id_token: Option<String>,
    pub(super) refresh_token: Option<String>,
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) kind: Kind,
    /// The status of the answer, if one came.
    pub(super) status: Option<u16>,
    /// The type of Cognito's error, or what became of the request. Never Cognito's message, which may
    /// repeat a token.
    pub(super) code: String,
    pub(super) retry_after: Option<Duration>,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The token does not work any more.
    Ended,
    /// The secret is not the app client's; another one may be.
    WrongSecret,
    /// The app client, or the program's own settings.
    Misconfigured,
    /// Cognito asks for fewer requests.
    Throttled,
    /// Nothing is known about the token.
    Unavailable,
}

impl Refused {
    /// A refusal by an answer whose error has this code.
    pub(super) fn by(answer: &Answer, code: Option<&str>, kind: Kind) -> Self {
        Self {
            kind,
            status: Some(answer.status),
            code: code.map_or_else(|| "no error code".to_owned(), printable),
            retry_after: answer.retry_after(),
        }
    }

    /// What is never sent, as there is no domain to send it to.
    pub(super) fn no_domain() -> Self {
        Self::unsent(Kind::Misconfigured, "no domain")
    }

    /// What is never sent, as there is neither a secret nor none.
    pub(super) fn no_secret() -> Self {
        Self::unsent(Kind::Misconfigured, "no secret")
    }

    /// What is never sent, as the access token lacks a scope.
    pub(super) fn no_scope() -> Self {
        Self::unsent(Kind::Misconfigured, "no scope aws.cognito.signin.user.admin")
    }

    fn unsent(kind: Kind, code: &str) -> Self {
        Self { kind, status: None, code: code.to_owned(), retry_after: None }
    }

    /// An answer that says 200 and holds no tokens.
    pub(super) fn malformed(answer: &Answer) -> Self {
        Self { code: "malformed answer".to_owned(), ..Self::by(answer, None, Kind::Unavailable) }
    }
}

impl From<NoAnswer> for Refused {
    fn from(error: NoAnswer) -> Self {
        let (kind, code) = match error {
            NoAnswer::NotSent => (Kind::Unavailable, "no connection"),
            NoAnswer::Lost => (Kind::Unavailable, "connection lost"),
            NoAnswer::TimedOut => (Kind::Unavailable, "timeout"),
            NoAnswer::TooLong => (Kind::Unavailable, "answer too long"),
            NoAnswer::Redirected => (Kind::Misconfigured, "redirect"),
        };
        Self::unsent(kind, code)
    }
}

/// What a status alone says, when the answer has no error code that is known.
pub(super) fn kind_of_status(status: u16) -> Kind {
    match status {
        429 => Kind::Throttled,
        // The web ACL of a firewall: perhaps its limit of requests.
        403 | 408 | 425 => Kind::Unavailable,
        400..500 => Kind::Misconfigured,
        _ => Kind::Unavailable,
    }
}

/// The code, if it looks like one: nothing else that a server writes gets into a log.
fn printable(code: &str) -> String {
    let is_code = |code: &&str| {
        code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    Some(code).filter(is_code).unwrap_or("an unknown error code").to_owned()
}
