//! A signed token in compact serialization (RFC 7515 §3.1), taken apart.

mod header;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::memchr_iter;

use self::header::Header;
use crate::VerifyError;
use crate::crypto::{PublicKey, SigningInput};

pub(crate) const MAX_TOKEN_BYTES: usize = 16 * 1024;
pub(crate) const MAX_HEADER_BYTES: usize = 1024;

/// A token that is well-formed and says RS256; nothing in it is proven yet.
#[derive(Debug)]
pub(crate) struct Jws<'a> {
    header: Header<'a>,
    payload: &'a str,
    signature: &'a [u8],
}

/// Whether a token is short enough to be looked at.
pub(crate) fn check_length(token: &str) -> Result<(), VerifyError> {
    if token.len() > MAX_TOKEN_BYTES { Err(VerifyError::TooLong) } else { Ok(()) }
}

impl<'a> Jws<'a> {
    /// Takes a token apart; its parts are decoded into `buffer`, strictly and once.
    pub(crate) fn parse(token: &str, buffer: &'a mut Vec<u8>) -> Result<Self, VerifyError> {
        check_length(token)?;
        let [header, payload, signature] = split(token)?;
        if header.len() > base64::encoded_len(MAX_HEADER_BYTES, false).unwrap_or(MAX_HEADER_BYTES) {
            return Err(VerifyError::TooLong);
        }
        buffer.clear();
        buffer.reserve(token.len());
        let header = decode(header, buffer)?;
        let payload = decode(payload, buffer)?;
        let signature = decode(signature, buffer)?;
        Ok(Self {
            header: Header::parse(text(buffer, header).ok_or(VerifyError::Header)?)?,
            payload: text(buffer, payload).ok_or(VerifyError::Payload { claim: None })?,
            signature: buffer.get(signature).unwrap_or_default(),
        })
    }

    /// The payload: JSON, if it is a JWT's (RFC 7519 §7.2).
    pub(crate) fn payload(&self) -> &'a str {
        self.payload
    }

    /// Which key signed, if the header is to be believed.
    pub(crate) fn kid(&self) -> Result<&str, VerifyError> {
        self.header.kid()
    }

    /// Whether the signature is the key's, over the token's signing input.
    pub(crate) fn check_signature(
        &self,
        key: &PublicKey,
        input: SigningInput,
    ) -> Result<(), VerifyError> {
        if key.verifies(input, self.signature) { Ok(()) } else { Err(VerifyError::Signature) }
    }
}

/// The three parts of a signed token; five are an encrypted one (RFC 7516 §9), as Cognito's
/// refresh tokens are.
fn split(token: &str) -> Result<[&str; 3], VerifyError> {
    let mut dots = memchr_iter(b'.', token.as_bytes());
    match (dots.next(), dots.next(), dots.count()) {
        (Some(first), Some(second), 0) => {
            let part = |range: Range<usize>| token.get(range).unwrap_or_default();
            Ok([part(0..first), part(first + 1..second), part(second + 1..token.len())])
        }
        (.., 2) => Err(VerifyError::RefreshToken),
        _ => Err(VerifyError::NotJwt),
    }
}

/// base64url without padding, white space or stray bits (RFC 7515 §2, RFC 4648 §3.5).
fn decode(part: &str, buffer: &mut Vec<u8>) -> Result<Range<usize>, VerifyError> {
    if part.is_empty() {
        return Err(VerifyError::Base64);
    }
    let start = buffer.len();
    URL_SAFE_NO_PAD.decode_vec(part, buffer).map_err(|_| VerifyError::Base64)?;
    Ok(start..buffer.len())
}

fn text(buffer: &[u8], range: Range<usize>) -> Option<&str> {
    std::str::from_utf8(buffer.get(range)?).ok()
}
