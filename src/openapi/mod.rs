//! What an OpenAPI document says about the layer: how to sign in, and what the error responses are.

mod answer;
mod refusals;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, SecurityRequirement};
use utoipa::{IntoResponses, Modify};

use self::answer::{ANSWERS, ERROR, error_schema, reference};
use crate::Rejection;

const SCHEME: &str = "cognito";

/// Adds to an OpenAPI document what a [`CognitoLayer`](crate::CognitoLayer) and
/// [`Require`](crate::Require) do.
///
/// - The security scheme `cognito`: HTTP `bearer`, a JWT.
/// - To each operation that requires it, or that a requirement of the whole document makes do so:
///   the responses 400, 401, 403 and 503, unless it has one with that status already. Their headers
///   and examples come from the rejections themselves.
///
/// A document that is collected from routes, like utoipa-axum's, takes it as
/// `CognitoSecurity.modify(&mut document)`, once it is whole. In OpenAPI 3.1 the list behind the scheme names the scopes or groups that the route asks for.
/// If you set your own response with [`on_rejection`](crate::CognitoLayer::on_rejection), describe it
/// yourself.
///
/// ```
/// use axum_cognito::{CognitoClaims, CognitoSecurity};
/// use utoipa::OpenApi;
///
/// #[utoipa::path(
///     get,
///     path = "/orders",
///     responses((status = 200, body = String)),
///     security(("cognito" = ["orders/read"])),
/// )]
/// async fn orders(claims: CognitoClaims) -> String {
///     claims.sub().to_owned()
/// }
///
/// #[derive(OpenApi)]
/// #[openapi(paths(orders), modifiers(&CognitoSecurity))]
/// struct Api;
///
/// let document = serde_json::to_value(Api::openapi())?;
/// assert_eq!(document["components"]["securitySchemes"]["cognito"]["scheme"], "bearer");
/// assert!(document["paths"]["/orders"]["get"]["responses"]["401"].is_object());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "`modifiers` wants it by its name alone")]
pub struct CognitoSecurity;

impl Modify for CognitoSecurity {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme(SCHEME, scheme());
        components.schemas.insert(ERROR.to_owned(), error_schema().into());
        for answer in &ANSWERS {
            let response = answer.response(Ref::from_schema_name(ERROR).into());
            components.responses.insert(answer.name.to_owned(), response.into());
        }
        let by_default = openapi.security.as_deref().is_some_and(names_scheme);
        for operation in openapi.paths.paths.values_mut().flat_map(operations) {
            if operation.security.as_deref().map_or(by_default, names_scheme) {
                add_answers(&mut operation.responses.responses);
            }
        }
    }
}

/// The answers 400, 401, 403 and 503, for an operation that [`CognitoSecurity`] does not reach:
/// `responses((status = 200, …), Rejection)`.
impl IntoResponses for Rejection {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let entry = |answer: &answer::Answer| {
            (answer.status.as_str().to_owned(), answer.response(error_schema().into()).into())
        };
        ANSWERS.iter().map(entry).collect()
    }
}

fn scheme() -> SecurityScheme {
    let description =
        "A token of an Amazon Cognito user pool: an access token, unless said otherwise.";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(scheme.description(Some(description)).build())
}

fn add_answers(responses: &mut BTreeMap<String, RefOr<Response>>) {
    for answer in &ANSWERS {
        let status = answer.status.as_str().to_owned();
        responses.entry(status).or_insert_with(|| reference(answer));
    }
}

/// Whether one of the alternatives is the scheme.
fn names_scheme(alternatives: &[SecurityRequirement]) -> bool {
    // Only as JSON does a requirement tell its names.
    let is_named = |names: Value| names.get(SCHEME).is_some();
    alternatives.iter().any(|one| serde_json::to_value(one).is_ok_and(is_named))
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = path;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}
