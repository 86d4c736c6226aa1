/// A random UUID (RFC 9562 §5.4).
pub(crate) fn uuid() -> String {
    let random = fastrand::u128(..);
    let (a, b, c) = (random >> 96, (random >> 80) & 0xffff, (random >> 68) & 0xfff);
    let (d, e) = (0x8000 | (random >> 50) & 0x3fff, random & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}
