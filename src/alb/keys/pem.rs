use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::EcPublicKey;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The P-256 key of a PEM text, if that is all there is in it (RFC 7468 §13).
pub(super) fn public_key(pem: &[u8]) -> Option<EcPublicKey> {
    let text = std::str::from_utf8(pem).ok()?.trim_ascii();
    let base64 = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let base64: String = base64.split(['\r', '\n']).collect();
    EcPublicKey::from_spki(&STANDARD.decode(base64).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key in the form in which AWS serves them.
    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYxJpsoAfUMz9syrdVOfd6t8Y2r2g\n\
        8DwAJQ4ySAJGVv1sncq32XXTXYf7FHtSQB+aFNZvT0sxGzxcbcgWWEQCfw==\n\
        -----END PUBLIC KEY-----\n";

    fn is_key(pem: &str) -> bool {
        public_key(pem.as_bytes()).is_some()
    }

    #[test]
    fn a_key_is_read_whatever_its_line_breaks() {
        let one_line = KEY.replace("2g\n", "2g");
        for pem in [KEY, KEY.trim_end(), &KEY.replace('\n', "\r\n"), &one_line] {
            assert!(is_key(pem), "{pem}");
        }
    }

    #[test]
    fn what_is_not_exactly_one_key_is_refused() {
        for pem in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
            &KEY.replace("PUBLIC", "PRIVATE"),
            &KEY.replace("fw==", "fw"),
            &KEY.replace("MFkw", "MFkx"),
            &format!("{KEY}{KEY}"),
            &format!("<html>{KEY}"),
        ] {
            assert!(!is_key(pem), "{pem}");
        }
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_is_refused() {
        assert!(!is_key(&KEY.replace("AEYx", "AEYy")));
    }
}
