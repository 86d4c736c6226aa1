//! JSON objects, read strictly.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a JSON object, and nothing else, into a struct.
///
/// serde would also fill a struct from an array, member by member; a header, a payload and a key
/// are objects (RFC 7515 §4, RFC 7519 §7.2, RFC 7517 §4). A struct's derived reader refuses a
/// member that is there twice.
pub(crate) fn from_object<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    let first = text.trim_start_matches([' ', '\t', '\n', '\r']);
    if !first.starts_with('{') {
        return Err(serde_json::Error::custom("not an object"));
    }
    serde_json::from_str(text)
}

/// Reads a member that may be absent, but must have its type when it is there: `null` is not absent.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A string, borrowed from the text unless it is written with escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Header {
        alg: String,
    }

    #[test]
    fn an_array_in_the_place_of_an_object_is_refused() {
        let header = from_object::<Header>(r#" {"alg":"RS256"}"#).expect("an object");
        assert_eq!(header.alg, "RS256");
        assert!(from_object::<Header>(r#"["RS256"]"#).is_err());
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused_also_when_written_with_an_escape() {
        assert!(from_object::<Header>(r#"{"alg":"RS256","alg":"RS256"}"#).is_err());
        assert!(from_object::<Header>(r#"{"alg":"RS256","\u0061lg":"none"}"#).is_err());
    }

    #[test]
    fn text_behind_the_object_is_refused() {
        assert!(from_object::<Header>(r#"{"alg":"RS256"} {}"#).is_err());
        assert!(from_object::<Header>("\u{feff}{\"alg\":\"RS256\"}").is_err());
    }
}
