//! What the replies about a stream hold. All of it may be garbage: whoever can write to the server can write anything.

use std::fmt;
use std::str::FromStr;

use redis::Value;

use super::error::RedisError;

/// The field of an entry that holds a text. Others are ignored.
pub(super) const FIELD: &str = "e";

/// The id of an entry: milliseconds and a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) milliseconds: u64,
    number: u64,
}

impl Id {
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        std::str::from_utf8(bytes(value)?).ok()?.parse().ok()
    }

    /// Of the first entry of a reply to `XREAD`, of which only the first bytes are known:
    /// `*1 *2 $n key *1 *2 $n id`, each on a line of its own.
    pub(super) fn from_head(head: &[u8]) -> Option<Self> {
        let rest = line(head, b"*")?.1;
        let rest = line(rest, b"*")?.1;
        let rest = bulk(rest)?.1;
        let rest = line(rest, b"*")?.1;
        let rest = line(rest, b"*")?.1;
        std::str::from_utf8(bulk(rest)?.0).ok()?.parse().ok()
    }
}

/// A line of RESP that begins so, without its beginning and its end, and what is behind it.
fn line<'a>(bytes: &'a [u8], begin: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let line = bytes.strip_prefix(begin)?;
    let end = line.windows(2).position(|pair| pair == b"\r\n")?;
    Some((line.get(..end)?, line.get(end.checked_add(2)?..)?))
}

/// A string of RESP, and what is behind it.
fn bulk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = line(bytes, b"$")?;
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    Some((rest.get(..length)?, rest.get(length.checked_add(2)?..)?))
}

impl FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (milliseconds, number) = text.split_once('-').ok_or(())?;
        let part = |text: &str| text.parse().map_err(|_| ());
        Ok(Self { milliseconds: part(milliseconds)?, number: part(number)? })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.number)
    }
}

/// How far a stream was read: behind this entry.
///
/// `known` is the last one that is no longer than an entry should be, by which a reader recognizes the stream: it is there
/// as long as the stream is the same. It may lie before `behind`, since a longer one would be sent again with every read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) behind: Id,
    pub(super) known: Option<Id>,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (behind, known) = text.split_once(' ').ok_or(())?;
        Ok(Self { behind: behind.parse()?, known: known.parse().ok() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known {
            Some(known) => write!(f, "{} {known}", self.behind),
            None => write!(f, "{} -", self.behind),
        }
    }
}

/// What one `XREAD` of one stream brought.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The values of their fields. An entry without one leaves an empty text, which is none.
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) last: Option<Id>,
    /// The last that is no longer than an entry should be.
    pub(super) last_short: Option<Id>,
}

impl Entries {
    pub(super) fn from_value(reply: Value) -> Result<Self, RedisError> {
        let streams = match reply {
            Value::Nil => return Ok(Self::default()),
            Value::ServerError(error) => return Err(RedisError::server(&error)),
            Value::Array(streams) => streams,
            _ => return Err(RedisError::Protocol),
        };
        let mut entries = Self::default();
        for stream in streams {
            let [_, Value::Array(found)] = pair(stream)? else { return Err(RedisError::Protocol) };
            for entry in found {
                entries.add(entry)?;
            }
        }
        Ok(entries)
    }

    fn add(&mut self, entry: Value) -> Result<(), RedisError> {
        let [id, fields] = pair(entry)?;
        self.last = Some(Id::from_value(&id).ok_or(RedisError::Protocol)?);
        let fields = match fields {
            Value::Array(fields) => fields,
            _ => Vec::new(),
        };
        let sizes = fields.iter().map(|field| bytes(field).map_or(0, <[u8]>::len));
        if fields.len() <= SHORT && sizes.fold(0, usize::saturating_add) <= SHORT {
            self.last_short = self.last;
        }
        let before = self.texts.len();
        let mut fields = fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            if let (Some(FIELD_BYTES), Value::BulkString(text)) = (bytes(&name), value) {
                self.texts.push(text);
            }
        }
        if self.texts.len() == before {
            self.texts.push(Vec::new());
        }
        Ok(())
    }
}

/// More than any entry has, in fields and in bytes.
const SHORT: usize = 1024;
const FIELD_BYTES: &[u8] = FIELD.as_bytes();

/// Whether a reply to `HELLO` says that the server is the replica of another: what it knows may be old.
pub(super) fn is_replica(hello: &Value) -> bool {
    let Value::Array(facts) = hello else { return false };
    let fact = |name: &[u8]| {
        let mut facts = facts.chunks_exact(2);
        facts.find_map(|pair| match pair {
            [key, value] if bytes(key) == Some(name) => bytes(value),
            _ => None,
        })
    };
    // A replica in a cluster redirects whoever asks it.
    fact(b"mode") != Some(b"cluster") && matches!(fact(b"role"), Some(b"replica" | b"slave"))
}

fn pair(value: Value) -> Result<[Value; 2], RedisError> {
    let Value::Array(values) = value else { return Err(RedisError::Protocol) };
    values.try_into().map_err(|_| RedisError::Protocol)
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_entry_is_found_in_the_first_bytes_of_a_reply() {
        let head = b"*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n*2\r\n$15\r\n1526919030474-5\r\n*2\r\n$1\r\ne\r\n$9999999\r\nxxx";
        assert_eq!(Id::from_head(head), Some(Id { milliseconds: 1_526_919_030_474, number: 5 }));
        let key_like_an_id =
            b"*1\r\n*2\r\n$3\r\n7-7\r\n*1\r\n*2\r\n$3\r\n8-8\r\n*2\r\n$1\r\ne\r\n$9\r\n";
        assert_eq!(Id::from_head(key_like_an_id), Some(Id { milliseconds: 8, number: 8 }));
        let text_like_an_id = b"*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n8-8\r\n*2\r\n$1\r\ne\r\n$9999999\r\n9-9\r\n7-7\r\n";
        assert_eq!(Id::from_head(text_like_an_id), Some(Id { milliseconds: 8, number: 8 }));
        assert_eq!(Id::from_head(b"*1\r\n*2\r\n$9999999\r\nxxxx"), None);
        assert_eq!(Id::from_head(b"*1\r\n*2\r\n$18446744073709551615\r\nxxxx"), None);
        assert_eq!(Id::from_head(b""), None);
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let id = |milliseconds, number| Id { milliseconds, number };
        for place in [
            Place { behind: id(5, 6), known: Some(id(5, 6)) },
            Place { behind: id(u64::MAX, u64::MAX), known: None },
        ] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "5", "5-6", "x y", "5-6-7 8-9", "99999999999999999999-0 -"] {
            assert_eq!(text.parse::<Place>(), Err(()), "{text}");
        }
    }
}
