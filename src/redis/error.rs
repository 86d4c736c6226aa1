use std::time::Duration;

use redis::{ErrorKind, ServerError};

/// Why a command has no answer that can be used. Nothing that was sent is part of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedisError {
    /// No connection: refused, not resolved, or no TLS.
    #[error("cannot connect to {node}: {reason}")]
    Connect { node: String, reason: String },
    /// The server refused the user name or the password, or wants one.
    #[error("{node} rejects the login: {reason}")]
    Login { node: String, reason: String },
    /// No answer in time.
    #[error("{node} did not answer within {within:?}")]
    Timeout { node: String, within: Duration },
    /// The connection ended before the answer.
    #[error("the connection to {node} was lost: {reason}")]
    Lost { node: String, reason: String },
    /// The answer is longer than any that the program asks for.
    #[error("the answer of {node} is longer than {limit} bytes")]
    TooLong {
        node: String,
        limit: usize,
        /// Its first bytes.
        head: Vec<u8>,
    },
    /// The server answered with an error.
    #[error("the server answers {0}")]
    Server(String),
    /// The answer is not one to this command, or not Redis's protocol at all.
    #[error("the answer is not what Redis or Valkey would send")]
    Protocol,
}

impl RedisError {
    /// Of the client library, at this node.
    pub(super) fn new(node: &str, error: &redis::RedisError) -> Self {
        let node = node.to_owned();
        match error.kind() {
            ErrorKind::AuthenticationFailed => {
                Self::Login { node, reason: clean(error.code(), error.detail()) }
            }
            ErrorKind::Server(_) | ErrorKind::Extension => {
                Self::Server(clean(error.code(), error.detail()))
            }
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Protocol,
            _ => Self::Lost { node, reason: error.category().to_owned() },
        }
    }

    /// Of an error that is one of several answers.
    pub(super) fn server(error: &ServerError) -> Self {
        Self::Server(clean(Some(error.code()), error.details()))
    }
}

/// The server's words in one line. Servers repeat the arguments of a command that they do not know, behind `with args`;
/// those are nobody's to read.
fn clean(code: Option<&str>, detail: Option<&str>) -> String {
    let detail = detail.unwrap_or_default();
    let detail = detail.split(", with args").next().unwrap_or_default();
    let text = format!("{} {detail}", code.unwrap_or_default());
    text.trim().chars().take(120).flat_map(char::escape_default).collect()
}
