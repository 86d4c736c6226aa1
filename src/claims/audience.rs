use serde::Deserialize;

use crate::json::Text;

/// The claim `aud`: a string, or an array of strings (RFC 7519 §4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(#[serde(borrow)] Text<'a>),
    Many(#[serde(borrow)] Vec<Text<'a>>),
}

impl<'a> Audience<'a> {
    pub(super) fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => **one == *audience,
            Self::Many(many) => many.iter().any(|one| **one == *audience),
        }
    }

    /// The one member, if there is exactly one.
    pub(super) fn into_single(self) -> Option<Text<'a>> {
        match self {
            Self::One(one) => Some(one),
            Self::Many(mut many) if many.len() == 1 => many.pop(),
            Self::Many(_) => None,
        }
    }
}
