//! The document of `examples/integrations/examples/openapi.rs`, read by a validator that is not ours.

use std::{fs, path::Path, process::Output, sync::OnceLock};

use emulators::{EXAMPLE_OPENAPI, Example, Failure};
use reqwest::Client;
use serde_json::Value;

/// The server, which the first test starts.
fn server() -> &'static Example {
    static STARTED: OnceLock<Result<Example, Failure>> = OnceLock::new();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("emulators");
    let started = STARTED.get_or_init(|| Example::start(&EXAMPLE_OPENAPI, &root));
    started.as_ref().unwrap_or_else(|failure| panic!("{failure}"))
}

async fn document() -> Value {
    let client = Client::builder().no_proxy().build().expect("the HTTP client can be built");
    let answer = client.get(server().url("/openapi.json")).send().await.expect("it answers");
    answer.json().await.expect("the document is JSON")
}

/// What the validator says of a document.
fn validate(name: &str, document: &Value) -> Output {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, document.to_string()).expect("the document can be written");
    server().command("openapi-spec-validator").arg(file).output().expect("the validator starts")
}

#[tokio::test]
async fn the_document_is_valid() {
    let output = validate("openapi.json", &document().await);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn a_document_with_an_answer_that_is_none_is_not() {
    let mut document = document().await;
    let answers = &mut document["components"]["responses"];
    answers["CognitoUnauthorized"].as_object_mut().expect("the answer").remove("description");
    assert!(!validate("openapi-broken.json", &document).status.success());
}
