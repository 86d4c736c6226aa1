//! Parameters of a protected resource that cannot be right: refused when it is made (RFC 9728 §2).

use std::sync::LazyLock;

use axum::Router;
use axum_cognito::testing::TestPool;
use axum_cognito::{
    CognitoLayer, CognitoVerifier, ConfigError, ProtectedResource, ProtectedResourceBuilder,
    TokenSource, UserPool,
};

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const RESOURCE: &str = "https://api.example.com/mcp";

fn builder() -> ProtectedResourceBuilder {
    ProtectedResource::builder(RESOURCE)
}

fn assert_says<T>(result: Result<T, ConfigError>, value: &str, right: &str) {
    let Err(error) = result else { panic!("accepted: {value:?}") };
    let message = error.to_string();
    assert!(message.contains(&format!("`{value}`")) && message.contains(right), "{message}");
}

/// What `protect` says of this layer.
fn protect(layer: CognitoLayer) -> Result<Router, ConfigError> {
    builder().build()?.protect(Router::new(), layer)
}

fn layer() -> CognitoLayer {
    let verifier = CognitoVerifier::builder().trust(&*POOL, "test-client").audience(RESOURCE);
    CognitoLayer::new(verifier.build().expect("an audience"))
}

#[test]
fn an_identifier_that_is_no_url_is_refused() {
    for text in ["", "api.example.com", "/mcp", "https://", "https:///mcp", "a b"] {
        assert_says(ProtectedResource::new(text), text, "is not a resource identifier");
    }
}

#[test]
fn an_identifier_with_a_query_a_fragment_or_a_password_is_refused() {
    for suffix in ["?", "?tenant=a", "#", "#a"] {
        let identifier = format!("{RESOURCE}{suffix}");
        assert_says(ProtectedResource::new(&identifier), &identifier, "no query, fragment");
    }
    let identifier = "https://alice:secret@api.example.com";
    assert_says(ProtectedResource::new(identifier), identifier, "no query, fragment or password");
}

#[test]
fn an_identifier_of_another_scheme_is_refused() {
    for identifier in ["ftp://api.example.com/mcp", "wss://api.example.com"] {
        assert_says(ProtectedResource::new(identifier), identifier, "scheme should be https");
    }
}

#[test]
fn an_identifier_over_http_is_refused_unless_it_is_loopback() {
    for identifier in ["http://api.example.com", "http://localhost.example.com", "http://10.0.0.1"]
    {
        assert_says(ProtectedResource::new(identifier), identifier, "or http to a loopback host");
    }
    for identifier in ["http://localhost:3000/mcp", "http://127.0.0.1", "http://[::1]:8080"] {
        assert!(ProtectedResource::new(identifier).is_ok(), "{identifier}");
    }
}

#[test]
fn an_identifier_that_a_parser_would_change_is_refused() {
    for (identifier, right) in [
        ("https://API.example.com/mcp", "in lower case"),
        ("HTTPS://api.example.com/mcp", "in lower case"),
        ("https://api.example.com:443/mcp", "own port should be left out"),
        ("http://localhost:80/mcp", "own port should be left out"),
        ("https://api.example.com/a/../mcp", "no segment `.` or `..`"),
        ("https://api.example.com/./mcp", "no segment `.` or `..`"),
        ("https://api.example.com/a/%2e%2E/mcp", "no segment `.` or `..`"),
        ("https://api.example.com/a/.%2e/mcp", "no segment `.` or `..`"),
        ("https://api.example.com/%2e", "no segment `.` or `..`"),
        ("https://api.example.com/{tenant}", "percent-encoded"),
        ("https://api.example.com/a|b", "percent-encoded"),
        ("https://api.example.com/caf\u{e9}", "percent-encoded"),
    ] {
        assert_says(ProtectedResource::new(identifier), identifier, right);
    }
}

#[test]
fn an_identifier_whose_path_a_router_would_read_as_a_pattern_is_refused() {
    for identifier in ["https://api.example.com/:id", "https://api.example.com/a/*rest"] {
        assert_says(ProtectedResource::new(identifier), identifier, "should begin with `:` or `*`");
    }
}

#[test]
fn a_case_in_the_path_is_kept() {
    let resource = ProtectedResource::new("https://api.example.com/MCP").expect("a path is a path");
    assert!(resource.metadata_url().ends_with("/MCP"));
}

#[test]
fn an_authorization_server_that_is_no_issuer_is_refused() {
    for (issuer, right) in [
        ("", "is not an issuer"),
        ("login.example.com", "is not an issuer"),
        ("https://login.example.com?a", "no query"),
        ("https://login.example.com#a", "no query"),
        ("http://login.example.com", "it should be https"),
    ] {
        assert_says(builder().authorization_server_urls([issuer]).build(), issuer, right);
    }
    assert!(builder().authorization_server_urls(["http://127.0.0.1:9229/local_x"]).build().is_ok());
}

#[test]
fn an_authorization_server_that_is_there_twice_is_refused() {
    let pool = UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool's id");
    let issuer = &pool.issuers()[0];
    assert_says(builder().authorization_servers([&pool, &pool]).build(), issuer, "twice");
    assert_says(builder().authorization_server_urls([issuer, issuer]).build(), issuer, "twice");
}

#[test]
fn a_pool_that_may_be_read_over_http_is_named_as_it_is() {
    let pool = UserPool::new("local_abc").expect("a pool's id").danger_allow_http();
    let pool = pool.with_issuer("http://cognito:9229/local_abc").expect("an issuer");
    let resource = builder().authorization_servers([&pool]).build().expect("a pool that can be");
    assert!(resource.metadata().contains("http://cognito:9229/local_abc"));
}

#[test]
fn the_last_authorization_servers_that_were_set_count() {
    let pool = UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool's id");
    let builder = builder().authorization_server_urls(["no issuer"]);
    let resource = builder.authorization_servers([&pool]).build().expect("the pool counts");
    assert!(!resource.metadata().contains("no issuer"));
}

#[test]
fn a_scope_that_cannot_be_is_refused() {
    for scope in ["", "a b", "a\"b", "a\\b", "a\n", "caf\u{e9}"] {
        assert_says(builder().scopes_supported([scope]).build(), scope, "it should be one scope");
    }
    assert_says(builder().scopes_supported(["a", "b", "a"]).build(), "a", "twice");
}

#[test]
fn an_empty_name_is_refused() {
    for name in ["", "  "] {
        assert_says(builder().resource_name(name).build(), name, "it should not be empty");
    }
}

#[test]
fn a_page_that_is_no_url_is_refused_under_its_parameter() {
    for page in ["", "docs", "/docs", "example.com/docs", "mailto:a@example.com", "ftp://a/b"] {
        assert_says(builder().resource_documentation(page).build(), page, "resource_documentation");
        assert_says(builder().resource_policy_uri(page).build(), page, "resource_policy_uri");
        assert_says(builder().resource_tos_uri(page).build(), page, "resource_tos_uri");
    }
}

#[test]
fn a_verifier_that_requires_another_audience_is_refused() {
    let verifier = CognitoVerifier::builder().trust(&*POOL, "test-client").audience("orders");
    let layer = CognitoLayer::new(verifier.build().expect("an audience"));
    let refused = protect(layer);
    assert_says(refused, "orders", "`https://api.example.com/mcp`");
}

#[test]
fn a_verifier_that_requires_no_audience_is_refused() {
    let refused = protect(CognitoLayer::new(POOL.verifier("test-client")));
    assert_says(refused, RESOURCE, "`accept_machine_tokens_without_audience()`");
}

#[test]
fn a_verifier_of_several_audiences_names_the_resource_among_them() {
    let protected = |audiences: [&str; 2]| {
        let verifier = CognitoVerifier::builder().trust(&*POOL, "app").audiences(audiences);
        protect(CognitoLayer::new(verifier.build().expect("audiences")))
    };
    assert!(protected(["https://api.example.com", RESOURCE]).is_ok());
    assert_says(protected(["https://a", "https://b"]), RESOURCE, "https://a,https://b");
}

#[test]
fn a_layer_that_does_not_read_the_authorization_header_is_refused() {
    let refused = protect(layer().token_from([TokenSource::cookie("t")]));
    assert!(matches!(refused, Err(ConfigError::NoBearerSource)));
    let sources = [TokenSource::cookie("t"), TokenSource::bearer()];
    assert!(protect(layer().token_from(sources)).is_ok());
}

#[test]
fn what_is_wrong_with_the_layer_is_said() {
    assert_says(protect(layer().realm("a\"b")), "a\"b", "visible ASCII");
}
