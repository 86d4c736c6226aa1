//! The metadata of a protected resource: the document, its address, and who may read it (RFC 9728).

mod config;

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use axum_cognito::testing::TestPool;
use axum_cognito::{
    AccessClaims, CognitoLayer, CognitoVerifier, ProtectedResource, ProtectedResourceBuilder,
    Require, UserPool,
};
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::common::{challenge::parameters, send};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const RESOURCE: &str = "https://api.example.com/mcp";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

fn layer() -> CognitoLayer {
    layer_of(RESOURCE)
}

/// The layer of the resource with this identifier.
fn layer_of(resource: &str) -> CognitoLayer {
    let verifier = CognitoVerifier::builder().trust(&*POOL, "test-client").clock(POOL.clock());
    CognitoLayer::new(verifier.audience(resource).build().expect("an audience"))
}

fn resource() -> ProtectedResource {
    ProtectedResource::new(RESOURCE).expect("an identifier that can be")
}

/// One protected route, and the metadata beside it.
fn app(resource: &ProtectedResource) -> Router {
    let routes = Router::new().route("/mcp", post(async |_: AccessClaims| "in"));
    resource.protect(routes, layer_of(resource.identifier())).expect("a layer that can be")
}

async fn ask(app: Router, method: Method, path: &str) -> Response<String> {
    let request = Request::builder().method(method).uri(path).body(Body::empty());
    send::send(app, request.expect("a request")).await
}

/// The document that this application serves at this path.
async fn document(app: Router, path: &str) -> Value {
    let answer = ask(app, Method::GET, path).await;
    assert_eq!(answer.status(), 200, "{path}: {}", answer.body());
    serde_json::from_str(answer.body()).expect("JSON")
}

fn built(builder: ProtectedResourceBuilder) -> Value {
    let resource = builder.build().expect("parameters that can be");
    serde_json::from_str(&resource.metadata()).expect("JSON")
}

/// The path of a URL.
fn path(url: &str) -> &str {
    let (_, rest) = url.split_once("://").expect("a scheme");
    &rest[rest.find('/').expect("a path")..]
}

fn header<'a>(answer: &'a Response<String>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn the_document_names_the_resource_its_issuer_and_the_header() {
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": [POOL.user_pool().issuers()[0]],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!(document(app(&resource()), &format!("{WELL_KNOWN}/mcp")).await, expected);
}

#[test]
fn the_document_has_every_parameter_that_was_set_under_its_name() {
    let pool = UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool's id");
    let builder = ProtectedResource::builder(RESOURCE)
        .authorization_servers([&pool])
        .scopes_supported(["orders/read", "orders/write"])
        .resource_name("Orders \u{1f4e6} \"quoted\"")
        .resource_documentation("https://example.com/docs?page=1#mcp")
        .resource_policy_uri("https://example.com/policy")
        .resource_tos_uri("https://example.com/terms");
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers":
            ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"],
        "scopes_supported": ["orders/read", "orders/write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Orders \u{1f4e6} \"quoted\"",
        "resource_documentation": "https://example.com/docs?page=1#mcp",
        "resource_policy_uri": "https://example.com/policy",
        "resource_tos_uri": "https://example.com/terms",
    });
    assert_eq!(built(builder), expected);
}

#[test]
fn a_parameter_without_a_value_is_not_in_the_document() {
    let none: [String; 0] = [];
    let builder = ProtectedResource::builder(RESOURCE).scopes_supported(none);
    let expected = json!({ "resource": RESOURCE, "bearer_methods_supported": ["header"] });
    assert_eq!(built(builder), expected);
}

#[tokio::test]
async fn each_pool_that_the_layer_trusts_is_named_once() {
    let other = TestPool::offline();
    let verifier = CognitoVerifier::builder().trust(&*POOL, "a").trust(&other, "b");
    let verifier = verifier.audience(RESOURCE).build();
    let layer = CognitoLayer::new(verifier.expect("two pools"));
    let app = resource().protect(Router::<()>::new(), layer).expect("a layer that can be");
    let document = document(app, &format!("{WELL_KNOWN}/mcp")).await;
    let issuers = [&*POOL, &other].map(|pool| pool.user_pool().issuers()[0].clone());
    assert_eq!(document["authorization_servers"], json!(issuers));
}

#[tokio::test]
async fn servers_of_the_resources_own_stand_in_the_place_of_the_pools() {
    let proxy = "https://login.example.com";
    let resource = ProtectedResource::builder(RESOURCE).authorization_server_urls([proxy]).build();
    let app = app(&resource.expect("an issuer that can be"));
    let document = document(app, &format!("{WELL_KNOWN}/mcp")).await;
    assert_eq!(document["authorization_servers"], json!([proxy]));
}

#[test]
fn the_well_known_path_stands_between_the_host_and_the_path() {
    for (identifier, url) in [
        ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
        ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
        ("https://a.example/b", "https://a.example/.well-known/oauth-protected-resource/b"),
        ("https://a.example/b/", "https://a.example/.well-known/oauth-protected-resource/b/"),
        ("https://a.example/b/c", "https://a.example/.well-known/oauth-protected-resource/b/c"),
        (
            "https://a.example:8443/b",
            "https://a.example:8443/.well-known/oauth-protected-resource/b",
        ),
        ("http://[::1]:3000/b", "http://[::1]:3000/.well-known/oauth-protected-resource/b"),
        ("http://localhost:3000", "http://localhost:3000/.well-known/oauth-protected-resource"),
    ] {
        let resource = ProtectedResource::new(identifier).expect(identifier);
        assert_eq!(resource.metadata_url(), url, "{identifier}");
        assert_eq!(resource.identifier(), identifier);
    }
}

#[tokio::test]
async fn the_document_is_served_where_its_url_says_whatever_the_path() {
    for suffix in ["", "/", "/mcp", "/mcp/", "/a/b", "/a%20b", "/~a;b=c,d@e!$&'()*+", "/a//b"] {
        let identifier = format!("https://api.example.com{suffix}");
        let resource = ProtectedResource::new(&identifier).expect(&identifier);
        let document = document(app(&resource), path(resource.metadata_url())).await;
        assert_eq!(document["resource"], *identifier);
    }
}

#[tokio::test]
async fn every_challenge_names_the_url_that_the_document_is_served_at() {
    let resource = resource();
    let routes = Router::new()
        .route("/scope", get(async || "in").layer(Require::scope("orders/read")))
        .route("/", get(async |_: AccessClaims| "in"));
    let app = resource.protect(routes, layer()).expect("a layer that can be");
    let token = POOL.access_token("alice").claim("aud", RESOURCE).sign();
    let forbidden = Request::get("/scope").header("authorization", format!("Bearer {token}"));
    let malformed = Request::get("/").header("authorization", "Bearer");
    for (request, status) in [(Request::get("/"), 401), (malformed, 400), (forbidden, 403)] {
        let request = request.body(Body::empty()).expect("a request");
        let answer = send::send(app.clone(), request).await;
        assert_eq!(answer.status(), status);
        let url = parameters(&answer)["resource_metadata"].clone();
        let document = document(app.clone(), path(&url)).await;
        assert_eq!(document["resource"], RESOURCE);
    }
}

#[tokio::test]
async fn an_address_that_the_layer_had_gives_way() {
    let layer = layer().resource_metadata("https://elsewhere.example/metadata");
    let routes = Router::new().route("/mcp", get(async || "in"));
    let app = resource().protect(routes, layer).expect("a layer that can be");
    let answer = ask(app, Method::GET, "/mcp").await;
    assert_eq!(parameters(&answer)["resource_metadata"], resource().metadata_url());
}

#[tokio::test]
async fn the_routes_stay_protected() {
    let answer = ask(app(&resource()), Method::POST, "/mcp").await;
    assert_eq!(answer.status(), 401);
    let token = POOL.access_token("alice").claim("aud", RESOURCE).sign();
    let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::empty()).expect("a request");
    assert_eq!(send::send(app(&resource()), request).await.body(), "in");
}

#[tokio::test]
async fn a_token_for_another_resource_or_for_none_is_refused() {
    let routes = Router::new().route("/", get(async |_: AccessClaims| "in"));
    let app = resource().protect(routes, layer()).expect("the same audience");
    let unbound = format!("Bearer {}", POOL.access_token("alice").sign());
    assert_eq!(send::get(app.clone(), &[("authorization", unbound)]).await.status(), 401);
    for (audience, status) in [(RESOURCE, 200), ("https://api.example.com/other", 401)] {
        let token = POOL.access_token("alice").claim("aud", audience).sign();
        let answer = send::get(app.clone(), &[("authorization", format!("Bearer {token}"))]).await;
        assert_eq!(answer.status(), status, "{audience}");
    }
}

#[tokio::test]
async fn the_document_is_json_that_anyone_may_read_and_keep_for_five_minutes() {
    let answer = ask(app(&resource()), Method::GET, &format!("{WELL_KNOWN}/mcp")).await;
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert_eq!(header(&answer, "cache-control"), "public, max-age=300");
    assert_eq!(header(&answer, "access-control-allow-origin"), "*");
}

#[tokio::test]
async fn head_gets_the_headers_of_get_without_the_document() {
    let url = format!("{WELL_KNOWN}/mcp");
    let get = ask(app(&resource()), Method::GET, &url).await;
    let head = ask(app(&resource()), Method::HEAD, &url).await;
    assert_eq!((head.status().as_u16(), head.body().as_str()), (200, ""));
    for name in ["content-type", "cache-control", "access-control-allow-origin"] {
        assert_eq!(header(&head, name), header(&get, name), "{name}");
    }
    assert_eq!(header(&head, "content-length"), get.body().len().to_string());
}

#[tokio::test]
async fn a_preflight_allows_any_header() {
    let answer = ask(app(&resource()), Method::OPTIONS, &format!("{WELL_KNOWN}/mcp")).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (204, ""));
    assert_eq!(header(&answer, "access-control-allow-origin"), "*");
    assert_eq!(header(&answer, "access-control-allow-headers"), "*");
    assert_eq!(header(&answer, "access-control-allow-methods"), "GET, HEAD");
}

#[tokio::test]
async fn another_method_is_told_which_are_allowed() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = ask(app(&resource()), method, &format!("{WELL_KNOWN}/mcp")).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(header(&answer, "allow"), "GET,HEAD,OPTIONS");
    }
}

#[tokio::test]
async fn two_resources_of_a_host_have_a_document_each() {
    let [orders, mcp] = ["orders", "mcp"].map(|name| {
        let url = format!("https://api.example.com/{name}");
        ProtectedResource::new(&url).expect("an identifier that can be")
    });
    let app = Router::new()
        .merge(
            orders
                .protect(Router::new(), layer_of(orders.identifier()))
                .expect("a layer that can be"),
        )
        .merge(mcp.router());
    for resource in [orders, mcp] {
        let document = document(app.clone(), path(resource.metadata_url())).await;
        assert_eq!(document["resource"], resource.identifier());
    }
}

#[tokio::test]
async fn a_router_with_a_state_takes_the_metadata() {
    let routes: Router<u8> = Router::new().route("/mcp", get(async || "in"));
    let app = resource().protect(routes, layer()).expect("a layer that can be").with_state(7);
    let document = document(app, &format!("{WELL_KNOWN}/mcp")).await;
    assert_eq!(document["resource"], RESOURCE);
}
