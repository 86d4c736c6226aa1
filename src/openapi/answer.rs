use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::Value;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
    Schema, Type,
};

use super::refusals::refusals;
use crate::Rejection;

/// The name of the body's schema among the components of a document.
pub(super) const ERROR: &str = "CognitoError";

/// What a status means, and the name of its answer among the components of a document.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) name: &'static str,
    description: &'static str,
}

/// Every status that a client may be refused with. 500 is a mistake of the program's wiring.
pub(super) const ANSWERS: [Answer; 4] = [
    Answer {
        status: StatusCode::BAD_REQUEST,
        name: "CognitoBadRequest",
        description: "The credentials are malformed, or there are two of them.",
    },
    Answer {
        status: StatusCode::UNAUTHORIZED,
        name: "CognitoUnauthorized",
        description: "There is no token, or one that is not accepted.",
    },
    Answer {
        status: StatusCode::FORBIDDEN,
        name: "CognitoForbidden",
        description: "The token is good, but its bearer may not do this.",
    },
    Answer {
        status: StatusCode::SERVICE_UNAVAILABLE,
        name: "CognitoUnavailable",
        description: "The keys to verify the token with are not available: try again later.",
    },
];

/// The headers of the answers, and what they are for.
const HEADERS: [(&str, &str); 3] = [
    ("WWW-Authenticate", "The challenge (RFC 6750 §3)."),
    ("Retry-After", "In so many seconds the keys may be there."),
    ("Cache-Control", "A refusal is never cached."),
];

impl Answer {
    /// The answer as it is given: its headers and examples are those of real refusals.
    pub(super) fn response(&self, schema: RefOr<Schema>) -> Response {
        let own: Vec<_> =
            refusals().into_iter().filter(|(_, own)| own.status() == self.status).collect();
        let examples =
            own.iter().map(|(name, refusal)| (name.replace(' ', "_"), example(name, refusal)));
        let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples);
        let mut response = ResponseBuilder::new()
            .description(self.description)
            .content("application/json", content.build());
        for (name, description) in HEADERS {
            let values: Vec<_> =
                own.iter().filter_map(|(_, refusal)| text(refusal, name)).collect();
            if !values.is_empty() {
                response = response.header(name, header(description, values));
            }
        }
        response.build()
    }
}

/// What a response of the components is referred to as.
pub(super) fn reference(answer: &Answer) -> RefOr<Response> {
    Ref::from_response_name(answer.name).into()
}

/// The body: `error`, `error_description` and `reason`, of which a client compares the last.
pub(super) fn error_schema() -> Schema {
    let bodies = refusals().map(|(_, refusal)| body(&refusal));
    let codes: BTreeSet<_> = bodies.iter().filter_map(|body| body.get("error")?.as_str()).collect();
    let string = || ObjectBuilder::new().schema_type(Type::String);
    let error = string().description(Some("The error code.")).enum_values(Some(codes));
    let description = string().description(Some("A sentence for the client's developer."));
    let reason =
        string().description(Some("The cause as a word, which never changes its meaning."));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Why a request was rejected (RFC 6750)."))
        .property("error", error)
        .required("error")
        .property("error_description", description)
        .required("error_description")
        .property("reason", reason)
        .required("reason")
        .into()
}

/// `Retry-After` is a number of seconds, the others are text.
fn header(description: &str, values: Vec<String>) -> Header {
    let seconds: Option<Vec<u64>> = values.iter().map(|value| value.parse().ok()).collect();
    let distinct: BTreeSet<_> = values.into_iter().collect();
    let schema = match seconds {
        Some(seconds) => ObjectBuilder::new().schema_type(Type::Integer).examples(seconds),
        None => ObjectBuilder::new().schema_type(Type::String).examples(distinct),
    };
    HeaderBuilder::new().description(Some(description)).schema(schema).build()
}

fn text(refusal: &Rejection, header: &str) -> Option<String> {
    refusal.headers().get(header)?.to_str().ok().map(str::to_owned)
}

fn example(name: &str, refusal: &Rejection) -> Example {
    ExampleBuilder::new().summary(name).value(Some(body(refusal))).build()
}

/// The body of the refusal's own answer.
fn body(refusal: &Rejection) -> Value {
    serde_json::from_str(refusal.to_response::<&'static str>().body()).unwrap_or_default()
}
