use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One member of a JSON object, read by its name; the others are passed over.
pub(super) struct Member<'n, T> {
    name: &'n str,
    of_type: PhantomData<T>,
}

/// Reads the member of this name; `None` if it is absent or `null`.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(
    object: &str,
    name: &str,
) -> serde_json::Result<Option<T>> {
    let member = Member { name, of_type: PhantomData };
    member.deserialize(&mut serde_json::Deserializer::from_str(object))
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Member<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Member<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<Option<T>> = None;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if name != self.name {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("it is duplicated"));
            }
        }
        Ok(found.flatten())
    }
}
