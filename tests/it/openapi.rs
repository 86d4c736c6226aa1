//! What an OpenAPI document says of refusals, held against the refusals themselves.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::routing::{delete, get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoClaims, CognitoLayer, CognitoSecurity, CognitoVerifier, FetchJwks,
    JwksCache, JwksError, JwksRequest, JwksResponse, Rejection, Require,
};
use http::request::Builder;
use http::{Request, Response};
use serde_json::{Value, json};
use utoipa::{Modify, OpenApi};

use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const STATUSES: [&str; 4] = ["400", "401", "403", "503"];

#[utoipa::path(get, path = "/open", responses((status = 200)))]
async fn open() {}

#[utoipa::path(get, path = "/me", responses((status = 200)), security(("cognito" = [])))]
async fn me(_: CognitoClaims) {}

#[utoipa::path(
    post,
    path = "/orders",
    responses((status = 201), (status = 403, description = "Not your order.")),
    security((), ("other" = []), ("cognito" = ["orders/write"])),
)]
async fn orders(_: AccessClaims) {}

#[utoipa::path(delete, path = "/other", responses((status = 200)), security(("other" = [])))]
async fn other() {}

#[derive(OpenApi)]
#[openapi(paths(open, me, orders, other), modifiers(&CognitoSecurity))]
struct Api;

#[utoipa::path(get, path = "/", responses((status = 200), Rejection))]
async fn inline() {}

#[derive(OpenApi)]
#[openapi(paths(inline))]
struct Inline;

/// A document whose operations need the scheme unless they say otherwise.
#[derive(OpenApi)]
#[openapi(paths(open, other), security(("cognito" = [])), modifiers(&CognitoSecurity))]
struct Whole;

/// A source of keys that is out.
struct Out;

impl FetchJwks for Out {
    async fn fetch(&self, _: JwksRequest) -> Result<JwksResponse, JwksError> {
        Err(JwksError::Status(503))
    }
}

fn json(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).expect("JSON")
}

/// The responses of an operation, with what they refer to in their place.
fn responses<'a>(document: &'a Value, path: &str, method: &str) -> Vec<(&'a str, &'a Value)> {
    let responses = document["paths"][path][method]["responses"].as_object();
    let resolve = |response: &'a Value| match response["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("what is referred to"),
        None => response,
    };
    let responses = responses.expect("responses").iter();
    responses.map(|(status, response)| (status.as_str(), resolve(response))).collect()
}

fn statuses(document: &Value, path: &str, method: &str) -> BTreeSet<String> {
    responses(document, path, method).iter().map(|(status, _)| (*status).to_owned()).collect()
}

fn set(statuses: &[&str]) -> BTreeSet<String> {
    statuses.iter().map(ToString::to_string).collect()
}

/// The routes as they are described, behind a layer around this verifier.
fn app(verifier: CognitoVerifier) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/orders", post(orders).layer(Require::scope("orders/write")))
        .route("/", get(inline).layer(Require::group("admins")))
        .layer(CognitoLayer::new(verifier))
        .route("/open", get(open))
        .route("/other", delete(other))
}

async fn ask(app: Router, request: Builder, token: &str) -> Response<String> {
    let request = request.header("authorization", format!("Bearer {token}"));
    send::send(app, request.body(Body::empty()).expect("a request")).await
}

/// Real answers of every status: of the layer, of `Require` inside of it, and in an outage.
async fn refused() -> Vec<Response<String>> {
    let app = app(POOL.verifier("test-client"));
    let alice = || POOL.access_token("alice");
    let mut answers = vec![
        send::send(app.clone(), Request::get("/me").body(Body::empty()).expect("a request")).await,
        ask(app.clone(), Request::post("/orders"), &alice().sign()).await,
        ask(app.clone(), Request::get("/"), &alice().sign()).await,
        ask(self::app(out()), Request::get("/me"), &alice().sign()).await,
    ];
    for token in [
        "a b".to_owned(),
        "a.b.c".to_owned(),
        alice().expired().sign(),
        alice().client_id("another").sign(),
        alice().signed_by(&TestPool::offline()).sign(),
        POOL.refresh_token(),
        POOL.id_token("alice").sign(),
    ] {
        answers.push(ask(app.clone(), Request::get("/me"), &token).await);
    }
    answers
}

/// A verifier that has no keys.
fn out() -> CognitoVerifier {
    let keys = JwksCache::builder(POOL.user_pool()).fetcher(Out).clock(POOL.clock());
    let keys = keys.build().expect("settings that can be");
    let verifier = CognitoVerifier::builder().trust(keys, "test-client").clock(POOL.clock());
    verifier.build().expect("settings that can be")
}

/// Holds a real answer against what the document says of its status.
fn assert_described(document: &Value, path: &str, answer: &Response<String>) {
    let status = answer.status().as_str().to_owned();
    let responses = responses(document, path, "get");
    let (_, described) = responses.iter().find(|(own, _)| *own == status).expect(&status);
    let content = described["content"].as_object().expect("a body");
    assert_eq!(content.keys().collect::<Vec<_>>(), ["application/json"]);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let mut schema = &content["application/json"]["schema"];
    if let Some(reference) = schema["$ref"].as_str() {
        schema = document.pointer(&reference[1..]).expect("the schema");
    }
    let body: Value = serde_json::from_str(answer.body()).expect("JSON");
    let members: BTreeSet<_> = body.as_object().expect("an object").keys().cloned().collect();
    let described_members = schema["properties"].as_object().expect("properties").keys().cloned();
    assert_eq!(members, described_members.collect(), "{status}");
    assert_eq!(schema["required"], json!(["error", "error_description", "reason"]));
    let codes = schema["properties"]["error"]["enum"].as_array().expect("codes");
    assert!(codes.contains(&body["error"]), "{body}");
    let headers: BTreeSet<_> =
        described["headers"].as_object().expect("headers").keys().cloned().collect();
    let ours = answer.headers().keys().map(ToString::to_string);
    let ours: BTreeSet<_> = ours.filter(|name| !name.starts_with("content-")).collect();
    assert_eq!(ours, headers.iter().map(|name| name.to_lowercase()).collect(), "{status}");
}

#[tokio::test]
async fn every_refusal_is_described_with_its_headers_and_its_body() {
    let mut seen = BTreeSet::new();
    for answer in refused().await {
        assert_described(&json(&Api::openapi()), "/me", &answer);
        assert_described(&json(&Inline::openapi()), "/", &answer);
        seen.insert(answer.status().as_str().to_owned());
    }
    assert_eq!(seen, set(&STATUSES));
}

#[tokio::test]
async fn every_header_is_described_with_its_type_and_with_values_that_it_has() {
    let document = json(&Api::openapi());
    let responses = responses(&document, "/me", "get");
    for answer in refused().await {
        let status = answer.status().as_str().to_owned();
        let (_, described) = responses.iter().find(|(own, _)| *own == status).expect(&status);
        for (name, header) in described["headers"].as_object().expect("headers") {
            assert_ne!(header["description"].as_str().expect(name), "");
            let value = answer.headers()[name].to_str().expect("text");
            let examples = header["schema"]["examples"].as_array().expect("examples");
            if name == "Retry-After" {
                assert_eq!(header["schema"]["type"], "integer");
                assert!(value.parse::<u64>().is_ok() && examples.iter().all(Value::is_u64));
                continue;
            }
            assert_eq!(header["schema"]["type"], "string", "{name}");
            // Not each of the sentences is among them, but each of the codes.
            let code = |value: &str| value.split(", error_description").next().map(str::to_owned);
            let codes: Vec<_> = examples.iter().map(|own| own.as_str().and_then(code)).collect();
            assert!(codes.contains(&code(value)), "{name}: {value}: {codes:?}");
        }
    }
}

#[tokio::test]
async fn every_example_is_the_answer_to_a_real_request() {
    let real: Vec<(String, Value)> = refused()
        .await
        .iter()
        .map(|answer| {
            let body = serde_json::from_str(answer.body()).expect("JSON");
            (answer.status().as_str().to_owned(), body)
        })
        .collect();
    let document = json(&Api::openapi());
    for (status, response) in responses(&document, "/me", "get") {
        if status == "200" {
            continue;
        }
        let examples = response["content"]["application/json"]["examples"].as_object();
        let examples = examples.expect("examples");
        assert!(!examples.is_empty(), "{status}");
        for (name, example) in examples {
            let pair = (status.to_owned(), example["value"].clone());
            assert!(real.contains(&pair), "{name}: {pair:?}");
        }
    }
}

#[test]
fn the_scheme_is_an_http_bearer_token_that_is_a_jwt() {
    let document = json(&Api::openapi());
    let scheme = &document["components"]["securitySchemes"]["cognito"];
    let form = ["type", "scheme", "bearerFormat"].map(|name| &scheme[name]);
    assert_eq!(form, ["http", "bearer", "JWT"]);
}

#[test]
fn an_operation_that_requires_the_scheme_gets_every_answer() {
    let document = json(&Api::openapi());
    assert_eq!(statuses(&document, "/me", "get"), set(&["200", "400", "401", "403", "503"]));
    let posted = statuses(&document, "/orders", "post");
    assert_eq!(posted, set(&["201", "400", "401", "403", "503"]));
}

#[test]
fn an_operation_that_does_not_require_the_scheme_is_left_as_it_is() {
    let document = json(&Api::openapi());
    assert_eq!(statuses(&document, "/open", "get"), set(&["200"]));
    assert_eq!(statuses(&document, "/other", "delete"), set(&["200"]));
}

#[test]
fn an_answer_that_the_operation_describes_itself_is_kept() {
    let document = json(&Api::openapi());
    let own = &document["paths"]["/orders"]["post"]["responses"]["403"];
    assert_eq!(own["description"], "Not your order.");
}

#[test]
fn a_requirement_of_the_whole_document_counts_where_an_operation_has_none() {
    let document = json(&Whole::openapi());
    assert_eq!(statuses(&document, "/open", "get"), set(&["200", "400", "401", "403", "503"]));
    assert_eq!(statuses(&document, "/other", "delete"), set(&["200"]));
}

#[test]
fn to_modify_a_document_twice_changes_nothing() {
    let mut document = Api::openapi();
    let once = json(&document);
    CognitoSecurity.modify(&mut document);
    assert_eq!(json(&document), once);
}

#[test]
fn operations_of_every_method_get_the_answers() {
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let operation = json!({ "responses": {}, "security": [{ "cognito": [] }] });
    let path = methods.iter().map(|method| ((*method).to_owned(), operation.clone()));
    let path: serde_json::Map<_, _> = path.collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": "", "version": "" },
        "paths": { "/": path },
    });
    let mut document = serde_json::from_value(document).expect("a document");
    CognitoSecurity.modify(&mut document);
    let document = json(&document);
    for method in methods {
        assert_eq!(statuses(&document, "/", method), set(&STATUSES), "{method}");
    }
}
