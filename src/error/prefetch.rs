use std::fmt;

use super::JwksError;

/// The user pools whose keys could not be fetched at start-up.
///
/// From [`CognitoVerifier::prefetch`](crate::CognitoVerifier::prefetch). The keys of the pools
/// that are not named here are cached.
///
/// Example: [an outage of one pool](crate::guide::several_pools#outages-of-one-pool).
#[derive(Clone, PartialEq, Eq)]
pub struct PrefetchError {
    failures: Vec<(String, JwksError)>,
}

impl PrefetchError {
    pub(crate) fn from_failures(failures: Vec<(String, JwksError)>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self { failures }) }
    }

    /// The id of each pool that failed, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &JwksError)> {
        self.failures.iter().map(|(pool, error)| (pool.as_str(), error))
    }
}

impl fmt::Display for PrefetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no keys for ")?;
        for (index, (pool, error)) in self.failures().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{pool}: {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PrefetchError {}

/// The sentence, as `Display` has it: `fn main() -> Result<(), Box<dyn Error>>` prints an error by its
/// `Debug`.
impl fmt::Debug for PrefetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
