//! JSON as no library would write it.

/// The object with one more member in front, as it is written.
pub(crate) fn with_member(object: &str, member: &str) -> String {
    format!("{{{member},{}", &object[1..])
}
