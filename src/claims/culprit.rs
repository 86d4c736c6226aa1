//! Which claim a payload cannot be read for: looked for only when it cannot.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

use super::date::NumericDate;
use crate::json::Text;

/// A claim that is read, and what it must be to be read at all.
pub(crate) struct Claim(pub(crate) &'static str, pub(crate) Type);

#[derive(Clone, Copy)]
pub(crate) enum Type {
    Text,
    Date,
    /// Or `null`.
    OptionalText,
    OptionalDate,
    OptionalTexts,
    /// It is read once the kind of the token is known, or informs only.
    Any,
}

impl Type {
    fn fits(self, value: &RawValue) -> bool {
        match self {
            Self::Text => is::<Text<'_>>(value),
            Self::Date => is::<NumericDate>(value),
            Self::OptionalText => is::<Option<Text<'_>>>(value),
            Self::OptionalDate => is::<Option<NumericDate>>(value),
            Self::OptionalTexts => is::<Option<Vec<Text<'_>>>>(value),
            Self::Any => true,
        }
    }
}

fn is<'a, T: Deserialize<'a>>(value: &'a RawValue) -> bool {
    serde_json::from_str::<T>(value.get()).is_ok()
}

/// Returns the first of these claims that has the wrong type or is there twice; `None` if the text
/// is not an object of JSON.
pub(crate) fn find(payload: &str, claims: &'static [Claim]) -> Option<&'static str> {
    let mut json = serde_json::Deserializer::from_str(payload);
    json.deserialize_map(Members { claims }).ok().flatten()
}

struct Members {
    claims: &'static [Claim],
}

impl<'de> Visitor<'de> for Members {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut seen, mut culprit) = (Vec::with_capacity(self.claims.len()), None);
        while let Some((name, value)) = members.next_entry::<Text<'de>, &'de RawValue>()? {
            let known = self.claims.iter().find(|Claim(known, _)| **known == *name);
            let Some(Claim(name, wanted)) = known else { continue };
            if seen.contains(name) || !wanted.fits(value) {
                culprit = culprit.or(Some(*name));
            }
            seen.push(*name);
        }
        Ok(culprit)
    }
}
