use std::sync::Arc;

use super::verdict::{Pending, Wanted};
use crate::VerifyError;
use crate::clock::Moment;
use crate::keys::{IssuerKeys, Key};

/// Where a verdict takes its key from.
pub(super) trait KeySource {
    type Error: From<VerifyError>;

    /// Lends the issuer's key with this id to `look`.
    ///
    /// It is not shared: threads that all count the holders of one key hold each other up.
    fn lend<T>(
        &self,
        keys: &Arc<IssuerKeys>,
        kid: &str,
        look: impl FnOnce(&Arc<Key>) -> T,
    ) -> Result<T, Self::Error>;
}

/// The keys at hand, and no others.
pub(super) struct AtHand(pub(super) Moment);

impl KeySource for AtHand {
    type Error = VerifyError;

    fn lend<T>(
        &self,
        keys: &Arc<IssuerKeys>,
        kid: &str,
        look: impl FnOnce(&Arc<Key>) -> T,
    ) -> Result<T, VerifyError> {
        let view = keys.view(self.0);
        let key = view.key(kid).ok_or_else(|| keys.unavailable(self.0))?;
        if view.is_ageing() {
            keys.count_if_stale();
        }
        Ok(look(key))
    }
}

/// The keys at hand; a refresh that is due starts behind, and a key that they lack is wanted.
pub(super) struct AtHandOrWanted(pub(super) Moment);

impl KeySource for AtHandOrWanted {
    type Error = Pending;

    fn lend<T>(
        &self,
        keys: &Arc<IssuerKeys>,
        kid: &str,
        look: impl FnOnce(&Arc<Key>) -> T,
    ) -> Result<T, Pending> {
        let view = keys.view(self.0);
        match view.key(kid) {
            Some(key) if !view.is_ageing() || !keys.tend(&view, self.0) => Ok(look(key)),
            Some(_) | None => {
                let (keys, kid) = (Arc::clone(keys), kid.to_owned());
                Err(Pending::Key(Wanted { keys, kid, arrived: self.0 }))
            }
        }
    }
}

/// The key that was waited for.
pub(super) struct Obtained(pub(super) Arc<Key>);

impl KeySource for Obtained {
    type Error = VerifyError;

    fn lend<T>(
        &self,
        _: &Arc<IssuerKeys>,
        _: &str,
        look: impl FnOnce(&Arc<Key>) -> T,
    ) -> Result<T, VerifyError> {
        Ok(look(&self.0))
    }
}
