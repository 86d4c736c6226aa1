//! The header and the payload of a token, to be broken as text.

use axum_cognito::testing::TestToken;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::parts::parts;

/// The header and the payload of a token, as JSON text.
pub(crate) fn texts(token: TestToken) -> [String; 2] {
    let token = token.sign();
    let [header, payload, _] = parts(&token);
    [header, payload].map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("a part in base64url");
        String::from_utf8(bytes).expect("a part of text")
    })
}
