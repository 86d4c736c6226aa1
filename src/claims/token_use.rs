use std::fmt;

/// Which kind of token is accepted: the claim `token_use`.
///
/// An access token says what its bearer may do at an API; an ID token tells an application who
/// signed in. Defaults to [`TokenUse::Access`].
///
/// Examples: [access or ID tokens](crate::guide::access_or_id_tokens).
///
/// Source: [Understanding the tokens of a user pool][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenUse {
    /// `token_use: access`.
    #[default]
    Access,
    /// `token_use: id`.
    Id,
    /// Access and ID tokens. As a setting only: a token is always one of the two.
    Any,
}

impl TokenUse {
    /// Whether this setting accepts a token of that kind.
    pub(crate) fn accepts(self, token: Self) -> bool {
        self == Self::Any || self == token
    }
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access",
            Self::Id => "id",
            Self::Any => "access or id",
        })
    }
}
