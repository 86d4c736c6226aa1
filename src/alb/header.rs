use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::keys::{AlbKey, KeyId};
use crate::AlbVerifyError;
use crate::claims::NumericDate;
use crate::json::{self, Text, present};
use crate::jws::{MAX_HEADER_BYTES, MAX_TOKEN_BYTES};

/// What a load balancer signed, well-formed and by ES256; nothing in it is proven yet.
#[derive(Debug)]
pub(crate) struct AlbJws<'a> {
    header: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
    signing_input: &'a str,
}

/// The JOSE header, which holds what a token of Cognito has among its claims.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not read at all, so they never choose a key (RFC 8725
/// §3.10); nor is `typ`.
#[derive(Debug, Deserialize)]
pub(crate) struct AlbHeader<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    alg: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    kid: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    signer: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    iss: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    client: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<NumericDate>,
    #[serde(borrow, default, deserialize_with = "present")]
    cty: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<IgnoredAny>,
}

impl<'a> AlbJws<'a> {
    /// Takes it apart; its parts are decoded into `buffer`, strictly and once.
    pub(crate) fn parse(data: &'a str, buffer: &'a mut Vec<u8>) -> Result<Self, AlbVerifyError> {
        if data.len() > MAX_TOKEN_BYTES {
            return Err(AlbVerifyError::TooLong);
        }
        let (signing_input, signature) = data.rsplit_once('.').ok_or(AlbVerifyError::NotJwt)?;
        let (header, payload) = signing_input.split_once('.').ok_or(AlbVerifyError::NotJwt)?;
        if payload.contains('.') {
            return Err(AlbVerifyError::NotJwt);
        }
        // Four characters are three bytes; the padding is none.
        if header.trim_end_matches('=').len() * 3 / 4 > MAX_HEADER_BYTES {
            return Err(AlbVerifyError::TooLong);
        }
        buffer.clear();
        buffer.reserve(data.len());
        let header = decode(header, buffer)?;
        let payload = decode(payload, buffer)?;
        decode(signature, buffer)?;
        let (header, rest) = buffer.split_at_checked(header).unwrap_or_default();
        let (payload, signature) = rest.split_at_checked(payload).unwrap_or_default();
        Ok(Self { header, payload, signature, signing_input })
    }

    /// The header, with the one algorithm there is.
    pub(crate) fn header(&self) -> Result<AlbHeader<'a>, AlbVerifyError> {
        let text = std::str::from_utf8(self.header).map_err(|_| AlbVerifyError::Header)?;
        let header: AlbHeader<'a> = json::from_object(text).map_err(|_| AlbVerifyError::Header)?;
        // By exact string: `es256` and `none` are other algorithms (RFC 8725 §3.1).
        if header.alg.as_deref() != Some("ES256") {
            return Err(AlbVerifyError::Algorithm);
        }
        if header.crit.is_some() || header.b64.is_some() {
            return Err(AlbVerifyError::Extension);
        }
        if header.cty.as_deref().is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")) {
            return Err(AlbVerifyError::Nested);
        }
        Ok(header)
    }

    /// The payload: the claims of the user, as JSON.
    pub(crate) fn payload(&self) -> Result<&'a str, AlbVerifyError> {
        std::str::from_utf8(self.payload).map_err(|_| AlbVerifyError::Payload { claim: None })
    }

    /// Whether the signature is the key's, over the text as it was sent, padding and all.
    pub(crate) fn check_signature(&self, key: &AlbKey) -> Result<(), AlbVerifyError> {
        let verified = key.verifies(self.signing_input.as_bytes(), self.signature);
        if verified { Ok(()) } else { Err(AlbVerifyError::Signature) }
    }
}

impl AlbHeader<'_> {
    /// The ARN of the load balancer that says that it signed.
    pub(crate) fn signer(&self) -> Result<&str, AlbVerifyError> {
        self.signer.as_deref().ok_or(AlbVerifyError::MissingHeader("signer"))
    }

    /// The issuer that the user signed in at.
    pub(crate) fn issuer(&self) -> Result<&str, AlbVerifyError> {
        self.iss.as_deref().ok_or(AlbVerifyError::MissingHeader("iss"))
    }

    /// The app client that the load balancer is there.
    pub(crate) fn client(&self) -> Result<&str, AlbVerifyError> {
        self.client.as_deref().ok_or(AlbVerifyError::MissingHeader("client"))
    }

    /// When it expires.
    pub(crate) fn expires_at(&self) -> Result<NumericDate, AlbVerifyError> {
        self.exp.ok_or(AlbVerifyError::MissingHeader("exp"))
    }

    /// Which key signed.
    pub(crate) fn kid(&self) -> Result<KeyId, AlbVerifyError> {
        let kid = self.kid.as_deref().ok_or(AlbVerifyError::MissingHeader("kid"))?;
        KeyId::parse(kid).ok_or(AlbVerifyError::KeyId)
    }
}

/// base64url with its padding, which load balancers write and a JWS has not (RFC 7515 §2), and
/// without white space or stray bits. Returns the number of bytes.
fn decode(part: &str, buffer: &mut Vec<u8>) -> Result<usize, AlbVerifyError> {
    if part.is_empty() {
        return Err(AlbVerifyError::Base64);
    }
    let start = buffer.len();
    URL_SAFE.decode_vec(part, buffer).map_err(|_| AlbVerifyError::Base64)?;
    Ok(buffer.len().saturating_sub(start))
}
