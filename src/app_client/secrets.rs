use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ConfigError;

const MAX_LENGTH: usize = 256;

/// A secret of an app client. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Box<str>);

/// The secrets of an app client: none of a public one, two while they are changed.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    all: Vec<Secret>,
    /// The one that Cognito took last.
    accepted: AtomicUsize,
}

impl Secret {
    pub(super) fn new(secret: String) -> Self {
        Self(secret.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secrets {
    pub(super) fn new(all: Vec<Secret>) -> Result<Self, ConfigError> {
        let is_secret = |Secret(text): &Secret| {
            (1..=MAX_LENGTH).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !all.iter().all(is_secret) {
            return Err(ConfigError::ClientSecret);
        }
        Ok(Self { all, accepted: AtomicUsize::new(0) })
    }

    /// Each secret once, with its place, the accepted one first; `None` alone for a public client.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (usize, Option<&Secret>)> {
        let accepted = self.accepted.load(Ordering::Relaxed);
        let public = self.all.is_empty().then_some((0, None));
        let first = self.all.iter().enumerate().filter(move |(place, _)| *place == accepted);
        let rest = self.all.iter().enumerate().filter(move |(place, _)| *place != accepted);
        public.into_iter().chain(first.chain(rest).map(|(place, secret)| (place, Some(secret))))
    }

    /// Notes that Cognito took the secret at this place.
    pub(super) fn accept(&self, place: usize) {
        self.accepted.store(place, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(all: &[&str]) -> Result<Secrets, ConfigError> {
        Secrets::new(all.iter().map(|secret| Secret::new((*secret).to_owned())).collect())
    }

    #[test]
    fn the_secret_that_was_accepted_last_comes_first() {
        let secrets = secrets(&["new", "old"]).expect("secrets");
        secrets.accept(1);
        let order: Vec<_> = secrets.in_order().map(|(place, _)| place).collect();
        assert_eq!(order, [1, 0]);
    }

    #[test]
    fn a_secret_that_is_empty_or_has_spaces_is_refused() {
        for wrong in ["", "two words", "line\n", &"x".repeat(257)] {
            assert_eq!(secrets(&["good", wrong]).err(), Some(ConfigError::ClientSecret));
        }
    }
}
