use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::json::Text;

/// The claim `aud`: a string, or an array of strings (RFC 7519 §4.1.3).
#[derive(Debug)]
pub(super) enum Audience<'a> {
    One(Text<'a>),
    Many(Vec<Text<'a>>),
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

/// By hand: an untagged enum would copy the claim before it looks which of the two it is.
impl<'de: 'a, 'a> Deserialize<'de> for Audience<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = Audience<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Text::deserialize(BorrowedStrDeserializer::new(text)).map(Audience::One)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Text::deserialize(text.into_deserializer()).map(Audience::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(texts)).map(Audience::Many)
    }
}
