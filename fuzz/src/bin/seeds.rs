//! Writes the seed corpus of each target: `cargo run --bin seeds` in `fuzz/`.

use std::fs;
use std::io;
use std::path::Path;

use axum_cognito::testing::{TestLoadBalancer, TestPool};

const HEADER: &str = r#"{"kid":"FUZZKID","alg":"RS256"}"#;
const COMMON: &str = r#""iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_FuzzPool1","sub":"alice","exp":4102444800,"iat":1500000000"#;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    write(&root.join("token"), &tokens())?;
    write(&root.join("jwks"), &sets())?;
    write(&root.join("request"), &requests())?;
    write(&root.join("alb"), &data_and_keys())
}

fn tokens() -> Vec<String> {
    let payloads = [
        r#""token_use":"access","client_id":"fuzz-client","username":"alice","scope":"a/b c","cognito:groups":["x","y"],"auth_time":1.5e9,"jti":"j","origin_jti":"o","event_id":"e","version":2"#,
        r#""token_use":"access","client_id":"fuzz-client","aud":["https://a.example"],"nbf":1,"custom":{"a":[1,null]}"#,
        r#""token_use":"id","aud":"fuzz-client","cognito:username":"alice","email":"a@b.example","email_verified":"true","cognito:roles":["r"],"cognito:preferred_role":"r","nonce":"n","identities":[{"userId":"1","providerName":"G","providerType":"G","issuer":null,"primary":"true","dateCreated":"1642699117273"}]"#,
        r#""token_use":"refresh""#,
        r#""token_use":"\u0061ccess","client_id":"fuzz\u002dclient""#,
    ];
    let parts = payloads.iter().map(|claims| format!("{HEADER}\n{{{COMMON},{claims}}}"));
    let pool = TestPool::offline();
    let whole = [
        pool.access_token("alice").sign(),
        pool.id_token("alice").sign(),
        pool.refresh_token(),
        "opaque".to_owned(),
        "..".to_owned(),
    ];
    parts.chain(whole).collect()
}

/// With the places where the target puts its own key.
fn sets() -> Vec<String> {
    let own = |members: &str| {
        format!(
            r#"{{"keys":[{{"kid":"FUZZKID","kty":"RSA","n":"FUZZMODULUS","e":"AQAB"{members}}}]}}"#
        )
    };
    let good = TestPool::offline().jwks();
    let odd = good
        .replace("RS256", "ES256")
        .replace(r#""use":"sig""#, r#""key_ops":["verify"],"x5c":[]"#);
    vec![
        good,
        odd,
        own(""),
        own(r#","use":"sig","alg":"RS256","key_ops":["verify","sign"]"#),
        own(r#","use":"enc","d":"AA""#),
        r#"{"keys":[]}"#.to_owned(),
        r#"{"keys":[{"kty":"oct","k":"AA"}]}"#.to_owned(),
    ]
}

/// Headers, one a line: `A` for `Authorization`, `C` for `Cookie`, anything else for a third one.
fn requests() -> Vec<String> {
    let requests = [
        "ABearer FUZZTOKEN",
        "Abearer   FUZZTOKEN\nCt=FUZZTOKEN",
        "ABasic YTpi\nCa=1; t=\"FUZZTOKEN\"; b=2",
        "Ct=FUZZTOKEN; t=FUZZTOKEN\nXFUZZTOKEN",
        "XFUZZTOKEN",
        "ABearer FUZZTOKEN\nABearer FUZZTOKEN",
        "ABearer a-._~+/==",
        "ABearer FUZZTOKEN trailing",
    ];
    requests.map(str::to_owned).to_vec()
}

/// What a load balancer signs, in two lines or whole; after a `K` its key.
fn data_and_keys() -> Vec<String> {
    let header = r#"{"typ":"JWT","kid":"FUZZKID","alg":"ES256","iss":"FUZZISSUER","client":"fuzz-client","signer":"FUZZSIGNER","exp":4102444800"#;
    let payloads = [
        r#"{"sub":"alice","iss":"FUZZISSUER"}"#,
        r#"{"sub":"alice","iss":"FUZZISSUER","exp":4102444800,"email":"a@b.example","email_verified":"true","username":"alice","custom:tenant":"7"}"#,
    ];
    let parts = payloads.iter().map(|payload| format!("{header}}}\n{payload}"));
    let odd = format!("{header},\"crit\":[\"exp\"],\"cty\":\"JWT\"}}\n{}", payloads[0]);
    let load_balancer = TestLoadBalancer::offline();
    let rest = [
        odd,
        load_balancer.token("alice").sign(),
        "K-----BEGIN PUBLIC KEY-----\nFUZZKEY\n-----END PUBLIC KEY-----\n".to_owned(),
        format!("K{}", load_balancer.public_key_pem()),
    ];
    parts.chain(rest).collect()
}

fn write(folder: &Path, seeds: &[String]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (index, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{index}")), seed)?;
    }
    Ok(())
}
