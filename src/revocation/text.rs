//! An entry as text, the same in every log.
//!
//! ```text
//! 1 u eu-west-1_AbCdEfGhI 1767225600 1767312000 6ba7b810-9dad-11d1-80b4-00c04fd430c8
//! │ │ pool                time       until      id, to the end of the text; none for a pool
//! │ what it refuses
//! version
//! ```
//!
//! The form of a version never changes. A program skips entries of a version that it does not know,
//! so old and new programs can share a log; what it cannot read refuses nothing.

use std::fmt;
use std::str::FromStr;

use super::entry::{Kind, Revocation, Second};
use crate::RevocationError;

const VERSION: u32 = 1;
/// Longer texts are not looked at. Those of this version have 341 bytes at most.
const MAX_LENGTH: usize = 512;

impl Kind {
    fn letter(self) -> &'static str {
        match self {
            Self::SignIn => "s",
            Self::Token => "t",
            Self::User => "u",
            Self::Renewal => "r",
            Self::Client => "c",
            Self::Pool => "p",
        }
    }
}

/// The text that every log keeps, at most 512 bytes on one line: `FromStr` reads it.
impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [time, until] = [self.time.0, self.until.0];
        write!(f, "{VERSION} {} {} {time} {until}", self.kind.letter(), self.pool_id)?;
        if self.kind != Kind::Pool {
            write!(f, " {}", self.id)?;
        }
        Ok(())
    }
}

impl FromStr for Revocation {
    type Err = RevocationError;

    /// # Errors
    ///
    /// [`RevocationError::NewerVersion`] for an entry of a later version of this crate,
    /// [`RevocationError::Malformed`] for anything else that is not an entry.
    fn from_str(text: &str) -> Result<Self, RevocationError> {
        if text.len() > MAX_LENGTH {
            return Err(RevocationError::Malformed);
        }
        let mut parts = text.splitn(6, ' ');
        let mut next = || parts.next().ok_or(RevocationError::Malformed);
        match number(next()?)? {
            VERSION => {}
            newer if newer > VERSION => return Err(RevocationError::NewerVersion(newer)),
            _ => return Err(RevocationError::Malformed),
        }
        let letter = next()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.letter() == letter);
        let kind = kind.ok_or(RevocationError::Malformed)?;
        let pool_id = next()?;
        let time = Second(number(next()?)?);
        let until = Second(number(next()?)?);
        let id = parts.next();
        if id.is_some() == (kind == Kind::Pool) {
            return Err(RevocationError::Malformed);
        }
        let revocation = Self::new(kind, pool_id, id.unwrap_or_default());
        let revocation = revocation.map_err(|_| RevocationError::Malformed)?;
        Ok(Self { time, until, ..revocation })
    }
}

/// A number in digits alone: `u32::from_str` takes a sign too.
fn number(digits: &str) -> Result<u32, RevocationError> {
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    number.flatten().ok_or(RevocationError::Malformed)
}
