//! The hosted sign-in page: an authorization code with PKCE (RFC 7636).

use reqwest::{StatusCode, Url, header::LOCATION};

use crate::{
    Emulator, Pool,
    cognito::{Tokens, text},
    token_endpoint::exchange,
};

/// Where the page sends the browser back to. Nothing listens there.
pub const CALLBACK: &str = "http://localhost/callback";
/// The code verifier of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Signs the pool's user in as a browser would, and answers with the code.
///
/// # Panics
/// When the emulator refuses at one of the two steps.
pub async fn code(emulator: &Emulator, client: &str, scope: &str, nonce: &str) -> String {
    let request = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("scope", scope),
        ("state", "a-state"),
        ("nonce", nonce),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    open_page(emulator, &request).await;
    submit_page(emulator, &request).await
}

/// Signs the pool's user in, and exchanges the code for tokens.
///
/// # Panics
/// When the emulator refuses at one of the three steps.
pub async fn sign_in(emulator: &Emulator, client: &str, scope: &str, nonce: &str) -> Tokens {
    let code = code(emulator, client, scope, nonce).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let answer = exchange(emulator, &form).await;
    let token = |pointer| text(&answer, pointer);
    let (access, id) = (token("/access_token"), token("/id_token"));
    Tokens { access, id, refresh: token("/refresh_token") }
}

async fn open_page(emulator: &Emulator, request: &[(&str, &str)]) {
    let page = emulator.http().get(emulator.url("/oauth2/authorize")).query(request);
    let page = page.send().await.expect("the sign-in page is served");
    assert_eq!(page.status(), StatusCode::OK, "the sign-in page is shown");
}

/// The code that the page's form leads to. Its hidden fields are what the page was asked with.
async fn submit_page(emulator: &Emulator, request: &[(&str, &str)]) -> String {
    let form = [request, &[("username", Pool::USERNAME), ("password", Pool::PASSWORD)]].concat();
    let answer = emulator.http().post(emulator.url(emulator.signer().sign_in_form)).form(&form);
    let answer = answer.send().await.expect("the sign-in form is answered");
    assert_eq!(answer.status(), StatusCode::FOUND, "the user is signed in");
    let location = answer.headers()[LOCATION].to_str().expect("the redirect is text");
    let location = Url::parse(location).expect("the redirect is a URL");
    let code = location.query_pairs().find(|(name, _)| name == "code");
    code.expect("the redirect holds a code").1.into_owned()
}
