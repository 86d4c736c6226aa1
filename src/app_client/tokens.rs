use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::wire::Issued;
use crate::{AccessClaims, CognitoClaims, CognitoVerifier, IdClaims, TokenUse, VerifyError};

/// The tokens that Cognito issued, verified. Clone = the same tokens.
///
/// `Debug` shows none of them.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    access_token: String,
    access_claims: AccessClaims,
    id: Option<(String, IdClaims)>,
    refresh_token: String,
    is_rotated: bool,
}

/// Why issued tokens are given to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotTokens {
    /// A token fails verification.
    Token(TokenUse, VerifyError),
    /// The ID token is another user's than the access token.
    OtherUser,
}

impl Tokens {
    /// Verifies what was issued; `refresh_token` is the one that stays in use unless a new one came.
    pub(super) async fn verify(
        issued: &Issued,
        refresh_token: &str,
        verifier: &CognitoVerifier,
    ) -> Result<Self, NotTokens> {
        let access = verify(verifier, &issued.access_token, TokenUse::Access).await?;
        let CognitoClaims::Access(access_claims) = access else {
            return Err(NotTokens::Token(
                TokenUse::Access,
                VerifyError::TokenUse(TokenUse::Access),
            ));
        };
        let mut id = None;
        if let Some(id_token) = &issued.id_token {
            let CognitoClaims::Id(claims) = verify(verifier, id_token, TokenUse::Id).await? else {
                return Err(NotTokens::Token(TokenUse::Id, VerifyError::TokenUse(TokenUse::Id)));
            };
            if claims.sub() != access_claims.sub() {
                return Err(NotTokens::OtherUser);
            }
            id = Some((id_token.clone(), claims));
        }
        let inner = Inner {
            access_token: issued.access_token.clone(),
            access_claims,
            id,
            refresh_token: issued.refresh_token.as_deref().unwrap_or(refresh_token).to_owned(),
            is_rotated: issued.refresh_token.is_some(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The access token, for `Authorization: Bearer`.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.inner.access_token
    }

    /// The ID token; `None` if the sign-in did not ask for the scope `openid`.
    #[must_use]
    pub fn id_token(&self) -> Option<&str> {
        self.inner.id.as_ref().map(|(token, _)| token.as_str())
    }

    /// The refresh token for the next renewal: the new one, or the old one where none came.
    #[must_use]
    pub fn refresh_token(&self) -> &str {
        &self.inner.refresh_token
    }

    /// Whether Cognito issued a new refresh token, so that the old one must be replaced where it is
    /// kept.
    #[must_use]
    pub fn is_rotated(&self) -> bool {
        self.inner.is_rotated
    }

    /// The claims of the access token.
    #[must_use]
    pub fn access_claims(&self) -> &AccessClaims {
        &self.inner.access_claims
    }

    /// The claims of the ID token, if there is one.
    #[must_use]
    pub fn id_claims(&self) -> Option<&IdClaims> {
        self.inner.id.as_ref().map(|(_, claims)| claims)
    }

    /// When the access token expires.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.inner.access_claims.expires_at()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

async fn verify(
    verifier: &CognitoVerifier,
    token: &str,
    token_use: TokenUse,
) -> Result<CognitoClaims, NotTokens> {
    verifier.verify(token).await.map_err(|error| NotTokens::Token(token_use, error))
}
