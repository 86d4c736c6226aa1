//! A signed token in compact serialization (RFC 7515 §3.1), taken apart.

mod header;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use memchr::memchr_iter;

use self::header::Header;
pub(crate) use self::header::JoseHeader;
#[cfg(feature = "alb")]
pub(crate) use self::header::Parameters;
use crate::VerifyError;
use crate::crypto::{PublicKey, SigningInput};

const MAX_TOKEN_BYTES: usize = 16 * 1024;
const MAX_HEADER_BYTES: usize = 1024;

/// A token that is well-formed and names the one algorithm its issuer signs with; nothing in it is
/// proven yet.
#[derive(Debug)]
pub(crate) struct Jws<'a, H = Header<'a>> {
    pub(crate) header: H,
    payload: &'a str,
    pub(crate) signature: &'a [u8],
}

/// Whether a token is short enough to be looked at.
pub(crate) fn check_length(token: &str) -> Result<(), VerifyError> {
    if token.len() > MAX_TOKEN_BYTES { Err(VerifyError::TooLong) } else { Ok(()) }
}

impl<'a, H: JoseHeader<'a>> Jws<'a, H> {
    /// Takes a token apart; its parts are decoded into `buffer`, strictly and once.
    pub(crate) fn parse(token: &str, buffer: &'a mut Vec<u8>) -> Result<Self, VerifyError> {
        check_length(token)?;
        let [header, payload, signature] = split(token)?;
        let longest = base64::encoded_len(MAX_HEADER_BYTES, false).unwrap_or(MAX_HEADER_BYTES);
        if header.trim_end_matches('=').len() > longest {
            return Err(VerifyError::TooLong);
        }
        buffer.clear();
        buffer.reserve(token.len());
        let header = decode(header, H::MAY_BE_PADDED, buffer)?;
        let payload = decode(payload, H::MAY_BE_PADDED, buffer)?;
        let signature = decode(signature, H::MAY_BE_PADDED, buffer)?;
        Ok(Self {
            header: H::parse(text(buffer, header).ok_or(VerifyError::Header)?)?,
            payload: text(buffer, payload).ok_or(VerifyError::Payload { claim: None })?,
            signature: buffer.get(signature).unwrap_or_default(),
        })
    }

    /// The payload: JSON, if it is a JWT's (RFC 7519 §7.2).
    pub(crate) fn payload(&self) -> &'a str {
        self.payload
    }
}

impl Jws<'_> {
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

/// base64url without white space or stray bits (RFC 7515 §2, RFC 4648 §3.5).
fn decode(
    part: &str,
    may_be_padded: bool,
    buffer: &mut Vec<u8>,
) -> Result<Range<usize>, VerifyError> {
    if part.is_empty() {
        return Err(VerifyError::Base64);
    }
    let is_padded = may_be_padded && part.ends_with('=');
    let engine = if is_padded { &URL_SAFE } else { &URL_SAFE_NO_PAD };
    let start = buffer.len();
    engine.decode_vec(part, buffer).map_err(|_| VerifyError::Base64)?;
    Ok(start..buffer.len())
}

fn text(buffer: &[u8], range: Range<usize>) -> Option<&str> {
    std::str::from_utf8(buffer.get(range)?).ok()
}
