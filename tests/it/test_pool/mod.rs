//! The other half of a `TestPool`: its domain, its API, its users and clients.

mod api;
mod app_client;
mod authorize;
mod clients;
mod code;
mod faults;
mod renewal;
mod revocation;
mod users;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum_cognito::testing::TestPool;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// An answer of the pool, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// A member of the JSON, as text.
    fn text(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The error code of the domain's JSON.
    fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.text("error"))
    }

    /// The type of an error of the API.
    fn exception(&self) -> (u16, String) {
        let name = self.text("__type");
        assert_eq!(self.header("x-amzn-errortype"), format!("{name}:"));
        assert_eq!(self.header("content-type"), "application/x-amz-json-1.1");
        (self.status.as_u16(), name)
    }

    /// A parameter of the address that a redirect leads to.
    fn redirected(&self, name: &str) -> Option<String> {
        assert_eq!(self.status, StatusCode::FOUND, "{}", self.body);
        let location =
            reqwest::Url::options().base_url(Some(&base())).parse(self.header("location"));
        let location = location.expect("an address");
        let mut pairs = location.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

fn base() -> reqwest::Url {
    "http://pool.invalid".parse().expect("an address")
}

async fn send(pool: &TestPool, request: Request<Body>) -> Answer {
    let response = pool.router().oneshot(request).await.expect("never fails");
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    let body = String::from_utf8(bytes.to_vec()).expect("text");
    Answer { status: head.status, headers: head.headers, body }
}

async fn get(pool: &TestPool, path: &str) -> Answer {
    send(pool, Request::get(path).body(Body::empty()).expect("a request")).await
}

fn encode(params: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://pool.invalid", params).expect("an address");
    url.query().unwrap_or_default().to_owned()
}

fn form(path: &str, params: &[(&str, &str)]) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode(params).into())
        .expect("a request")
}

async fn post(pool: &TestPool, path: &str, params: &[(&str, &str)]) -> Answer {
    send(pool, form(path, params)).await
}

/// `/oauth2/authorize` with what every request has, and these parameters besides.
async fn authorize(pool: &TestPool, more: &[(&str, &str)]) -> Answer {
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example.com/callback"),
    ];
    params.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    params.extend(more);
    get(pool, &format!("/oauth2/authorize?{}", encode(&params))).await
}

/// Exchanges a code, with these parameters besides.
async fn exchange(pool: &TestPool, code: &str, more: &[(&str, &str)]) -> Answer {
    let mut params = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("redirect_uri", "https://app.example.com/callback"),
    ];
    params.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    params.extend(more);
    post(pool, "/oauth2/token", &params).await
}

/// Signs in by the page's address alone, and takes the code.
async fn code(pool: &TestPool, more: &[(&str, &str)]) -> String {
    authorize(pool, more).await.redirected("code").expect("a code")
}

async fn refresh(pool: &TestPool, refresh_token: &str) -> Answer {
    let params =
        [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh_token)];
    post(pool, "/oauth2/token", &params).await
}

/// A call of the pool's API.
async fn call(pool: &TestPool, operation: &str, input: &Value) -> Answer {
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .body(input.to_string().into())
        .expect("a request");
    send(pool, request).await
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}
