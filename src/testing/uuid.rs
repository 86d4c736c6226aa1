use crate::crypto::sha256;

/// A random UUID (RFC 9562 §5.4).
pub(crate) fn uuid() -> String {
    format(fastrand::u128(..), 4)
}

/// The UUID of a name, always the same (RFC 9562 §5.8).
pub(crate) fn uuid_of(name: &str) -> String {
    let digest = sha256(name.as_bytes());
    let (first, _) = digest.split_at(16);
    format(first.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte)), 8)
}

fn format(bits: u128, version: u8) -> String {
    let (a, b, c) = (bits >> 96, (bits >> 80) & 0xffff, (bits >> 64) & 0xfff);
    let (d, e) = (0x8000 | (bits >> 48) & 0x3fff, bits & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{version}{c:03x}-{d:04x}-{e:012x}")
}
