//! The parts of a token, as they are sent.

pub(crate) fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().expect("a token of three parts")
}
