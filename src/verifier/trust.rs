use std::sync::Arc;

use crate::claims::Origin;
use crate::keys::IssuerKeys;
use crate::{ClientIds, ConfigError, JwksCache, UserPool};

/// What [`CognitoVerifierBuilder::trust`](crate::CognitoVerifierBuilder::trust) takes: a
/// [`UserPool`], or a [`JwksCache`] that is shared or has settings of its own.
///
/// Example: [`JwksCache`].
#[derive(Clone, Debug)]
pub struct TrustedPool(Source);

#[derive(Clone, Debug)]
enum Source {
    Pool(UserPool),
    Keys(JwksCache),
}

impl TrustedPool {
    pub(crate) fn into_keys(self) -> Result<JwksCache, ConfigError> {
        match self.0 {
            Source::Pool(pool) => JwksCache::new(pool),
            Source::Keys(keys) => Ok(keys),
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.user_pool().id()
    }

    pub(crate) fn user_pool(&self) -> &UserPool {
        match &self.0 {
            Source::Pool(pool) => pool,
            Source::Keys(keys) => keys.user_pool(),
        }
    }
}

impl From<UserPool> for TrustedPool {
    fn from(pool: UserPool) -> Self {
        Self(Source::Pool(pool))
    }
}

impl From<&UserPool> for TrustedPool {
    fn from(pool: &UserPool) -> Self {
        pool.clone().into()
    }
}

impl From<JwksCache> for TrustedPool {
    fn from(keys: JwksCache) -> Self {
        Self(Source::Keys(keys))
    }
}

impl From<&JwksCache> for TrustedPool {
    fn from(keys: &JwksCache) -> Self {
        Self(Source::Keys(keys.clone()))
    }
}

/// One issuer of a trusted pool: its own keys, and no other's, verify its tokens.
pub(super) struct TrustedIssuer {
    pub(super) origin: Arc<Origin>,
    pub(super) keys: Arc<IssuerKeys>,
    pub(super) clients: Arc<ClientIds>,
}
