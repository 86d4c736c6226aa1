use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::VerifyError;
use crate::json::{self, Text, present};

const MAX_KEY_ID_BYTES: usize = 128;

/// The JOSE header (RFC 7515 §4) of the tokens of one kind of issuer.
pub(crate) trait JoseHeader<'a>: Sized {
    /// Whether the parts of a token may end with the `=` of base64url, which a JWS has not.
    const MAY_BE_PADDED: bool;

    /// Reads the header, and checks that it names the issuer's one algorithm.
    fn parse(text: &'a str) -> Result<Self, VerifyError>;
}

/// The header of Cognito's tokens.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    kid: Option<Text<'a>>,
}

/// What every header must and must not have.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not read at all, so they never choose a key (RFC 8725
/// §3.10); nor is `typ`, which Cognito does not send.
pub(crate) struct Parameters<'a> {
    pub(crate) kid: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    alg: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    kid: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    cty: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<IgnoredAny>,
}

impl<'a> Parameters<'a> {
    pub(crate) fn parse(text: &'a str, algorithm: &str) -> Result<Self, VerifyError> {
        let members: Members<'a> = json::from_object(text).map_err(|_| VerifyError::Header)?;
        // By exact string: `rs256` and `none` are other algorithms (RFC 8725 §3.1).
        if members.alg.as_deref() != Some(algorithm) {
            return Err(VerifyError::Algorithm);
        }
        if members.crit.is_some() || members.b64.is_some() {
            return Err(VerifyError::Extension);
        }
        if members.cty.is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")) {
            return Err(VerifyError::Nested);
        }
        Ok(Self { kid: members.kid })
    }
}

impl<'a> JoseHeader<'a> for Header<'a> {
    const MAY_BE_PADDED: bool = false;

    fn parse(text: &'a str) -> Result<Self, VerifyError> {
        let Parameters { kid } = Parameters::parse(text, "RS256")?;
        Ok(Self { kid })
    }
}

impl Header<'_> {
    pub(super) fn kid(&self) -> Result<&str, VerifyError> {
        let kid = self.kid.as_deref().ok_or(VerifyError::KeyId)?;
        let fits = (1..=MAX_KEY_ID_BYTES).contains(&kid.len());
        if fits { Ok(kid) } else { Err(VerifyError::KeyId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kid_of_standard_base64_is_compared_after_json_escapes_are_undone() {
        let header = Header::parse(r#"{"kid":"a\/b+c=","alg":"RS256"}"#);
        assert_eq!(header.expect("a good header").kid(), Ok("a/b+c="));
    }

    #[test]
    fn crit_is_refused_whatever_it_holds() {
        for value in ["[]", "null", "false", r#"["exp"]"#] {
            let header = format!(r#"{{"alg":"RS256","kid":"k","crit":{value}}}"#);
            assert_eq!(Header::parse(&header).err(), Some(VerifyError::Extension), "{value}");
        }
    }
}
