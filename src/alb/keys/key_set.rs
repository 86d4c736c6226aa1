use std::sync::Arc;

use super::{AlbKey, KeyId};

/// How many keys are kept for one load balancer.
const MAX_KEYS: usize = 16;

/// The keys of one load balancer, oldest first: never changed, only replaced.
#[derive(Default)]
pub(super) struct AlbKeySet {
    keys: Vec<Arc<AlbKey>>,
}

impl AlbKeySet {
    /// The key with this id.
    pub(super) fn get(&self, id: KeyId) -> Option<&Arc<AlbKey>> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Whether one of the keys has verified a token.
    pub(super) fn has_proven(&self) -> bool {
        self.keys.iter().any(|key| key.is_proven())
    }

    /// Whether there is no key at all.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// With this key, in the place of one of the same id.
    ///
    /// A full set loses the oldest key that never verified anything. Whoever names keys of other
    /// load balancers, which exist too, so never pushes the right one out.
    pub(super) fn with(&self, key: Arc<AlbKey>) -> Self {
        if let Some(previous) = self.get(key.id) {
            key.inherit(previous);
        }
        let mut keys = self.without(key.id).keys;
        if keys.len() >= MAX_KEYS {
            let unproven = keys.iter().position(|key| !key.is_proven());
            keys.remove(unproven.unwrap_or(0));
        }
        keys.push(key);
        Self { keys }
    }

    /// Without the key of this id.
    pub(super) fn without(&self, id: KeyId) -> Self {
        let keys = self.keys.iter().filter(|key| key.id != id);
        Self { keys: keys.cloned().collect() }
    }
}
