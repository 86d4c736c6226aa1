use std::fmt;
use std::time::Duration;

/// An invalid setting. Reported when it is made, never while serving requests.
///
/// Each message names the value and says what would be right.
///
/// ```
/// use axum_cognito::{ConfigError, UserPool};
///
/// let error = UserPool::new("AbCdEfGhI").unwrap_err();
/// assert_eq!(error, ConfigError::UserPoolId { id: "AbCdEfGhI".to_owned() });
/// assert!(error.to_string().contains("like `us-east-1_AbCdEfGhI`"), "{error}");
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The id of a user pool does not have the shape of one.
    #[error(
        "`{id}` is not a user pool id: it should be the region, an underscore and letters or digits, \
         55 characters at most, like `us-east-1_AbCdEfGhI`"
    )]
    UserPoolId {
        /// The id as it was given.
        id: String,
    },
    /// A Region of a replica is not one.
    #[error(
        "`{region}` is not a Region of a replica: it should be like `eu-west-1`, another one than the \
         pool's own, and there once"
    )]
    Region {
        /// The Region as it was given.
        region: String,
    },
    /// An issuer or a JWKS address is not an absolute URL.
    #[error("`{url}` is not {role}: {problem}")]
    Url {
        /// The URL as it was given.
        url: String,
        /// What the URL is for.
        role: &'static str,
        /// What is wrong, and what would be right.
        problem: &'static str,
    },
    /// An http URL names a host that is not this machine.
    #[error(
        "`{url}` would read keys over http from another host: use https, a loopback host, or \
         `danger_allow_http()` before this call (`COGNITO_DANGER_ALLOW_HTTP=1` in the environment)"
    )]
    InsecureUrl {
        /// The URL as it was given.
        url: String,
    },
    /// A pool is trusted with no client id at all.
    #[error(
        "no client id for the user pool `{pool}`: name at least one app client, or say `ClientIds::any()`"
    )]
    NoClientId {
        /// The pool's id.
        pool: String,
    },
    /// A client id is empty, or holds a character that no client id has.
    #[error(
        "`{client_id}` is not an app client id: it should be 1 to 128 letters, digits or signs, \
         without spaces, commas or control characters"
    )]
    ClientId {
        /// The client id as it was given.
        client_id: String,
    },
    /// A client id is there twice.
    #[error("the client id `{client_id}` is there twice: name it once")]
    DuplicateClientId {
        /// The client id.
        client_id: String,
    },
    /// A verifier trusts no pool.
    #[error("the verifier trusts no user pool: call `trust(pool, client_ids)` at least once")]
    NoPool,
    /// Two trusted pools have an issuer in common.
    #[error("the issuer `{issuer}` is trusted twice: trust a pool once, with all its client ids")]
    DuplicateIssuer {
        /// The issuer that two pools share.
        issuer: String,
    },
    /// A duration is outside its range.
    #[error("`{name}` cannot be {value:?}: it should be {expected}")]
    Duration {
        /// The setting's name.
        name: &'static str,
        /// The value as it was given.
        value: Duration,
        /// The range.
        expected: &'static str,
    },
    /// A required audience is empty.
    #[error("the audience `{audience}` is empty: it should be the URL of the resource server")]
    Audience {
        /// The audience as it was given.
        audience: String,
    },
    /// `audiences` got an empty list.
    #[error("no token could name one of no audiences: give `audiences` at least one")]
    NoAudience,
    /// An audience is required of ID tokens, which are not bound to a resource.
    #[error(
        "an audience is required, but `aud` of an ID token is its app client: leave `audience` out, \
         or accept access tokens alone"
    )]
    AudienceOfIdTokens,
    /// Preloaded keys cannot be used.
    #[error("the preloaded JWKS holds no key that can be used: {reason}")]
    Preload {
        /// What is wrong with it.
        reason: super::JwksError,
    },
    /// There is neither an HTTP client nor another source of keys.
    #[error(
        "no source of keys for the user pool `{pool}`: turn the feature `rustls` on, give a \
         `fetcher`, or say `without_refresh()` of preloaded keys"
    )]
    NoKeySource {
        /// The pool's id.
        pool: String,
    },
    /// Keys are to be kept for good, and there are none.
    #[error(
        "`without_refresh()` without keys for the user pool `{pool}`: give them with `preload`"
    )]
    NoPreload {
        /// The pool's id.
        pool: String,
    },
    /// The keys are at an https address, and the HTTP client speaks plain HTTP only.
    #[error(
        "`{url}` cannot be read without TLS: turn the feature `rustls` or `native-tls` on, or give \
         an `http_client` or a `fetcher`"
    )]
    NoTls {
        /// Where the keys are.
        url: String,
    },
    /// The default HTTP client cannot be made.
    #[error("the HTTP client for the JWKS cannot be made: {reason}")]
    HttpClient {
        /// What the HTTP library says.
        reason: String,
    },
    /// An environment variable is missing or empty.
    #[error("the environment variable {name} is not set: it should be {expected}")]
    MissingVariable {
        /// The variable's name.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// An environment variable holds a value that is not one of its own.
    #[error("the environment variable {name} is `{value}`: it should be {expected}")]
    Variable {
        /// The variable's name.
        name: &'static str,
        /// The value that it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The realm or the metadata URL holds a character that a challenge cannot carry.
    #[error(
        "the {name} `{value}` is not fit for a challenge: it should be visible ASCII or spaces, \
         without `\"` and `\\`, and not empty"
    )]
    Challenge {
        /// Which setting.
        name: &'static str,
        /// The value as it was given.
        value: String,
    },
    /// A token source names a header or cookie that cannot exist.
    #[error("`{name}` is not a {kind} that can carry a token: {expected}")]
    TokenSource {
        /// Header or cookie.
        kind: &'static str,
        /// The name as it was given.
        name: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Two token sources read the same header or cookie.
    #[error("two token sources read `{name}`: give `token_from` one of them")]
    DuplicateTokenSource {
        /// What both read.
        name: String,
    },
    /// A layer has no token source.
    #[error("the layer has no token source: give `token_from` at least one")]
    NoTokenSource,
    /// The ARN of a load balancer does not have the shape of one.
    #[error(
        "`{arn}` is not the ARN of an Application Load Balancer: it should be like \
         `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/50dc6c495c0c9188`"
    )]
    LoadBalancerArn {
        /// The ARN as it was given.
        arn: String,
    },
    /// A verifier of `x-amzn-oidc-data` trusts no load balancer.
    #[error("the verifier trusts no load balancer: name at least one, by its ARN")]
    NoLoadBalancer,
    /// A load balancer is trusted twice.
    #[error("the load balancer `{arn}` is trusted twice: name it once")]
    DuplicateLoadBalancer {
        /// The ARN.
        arn: String,
    },
    /// There is neither an HTTP client nor another source of the keys of load balancers.
    #[error(
        "no source of keys for the load balancer: turn the feature `reqwest` on, or give a `fetcher`"
    )]
    NoLoadBalancerKeySource,
    /// An http URL of an app client's endpoint names a host that is not this machine.
    #[cfg(feature = "app-client")]
    #[error(
        "`{url}` would send tokens over http to another host: use https, a loopback host, or \
         `danger_allow_http()`"
    )]
    InsecureEndpoint {
        /// The URL as it was given.
        url: String,
    },
    /// An app client's secret cannot be one. The message does not show it.
    #[cfg(feature = "app-client")]
    #[error("the client secret is not one: it should be 1 to 256 visible ASCII characters")]
    ClientSecret,
    /// The keys that an app client is given belong to another pool than its own.
    #[cfg(feature = "app-client")]
    #[error("the keys are those of the user pool `{keys}`: they should be those of `{pool}`")]
    KeysOfAnotherPool {
        /// The pool of the app client.
        pool: String,
        /// The pool of the keys.
        keys: String,
    },
    /// A limit of renewals cannot be kept.
    #[cfg(feature = "app-client")]
    #[error("`max_renewals_per_second` cannot be {value}: it should be 1 to 1000")]
    RenewalRate {
        /// The value as it was given.
        value: u32,
    },
    /// A file that an environment variable names cannot be read.
    #[cfg(feature = "app-client")]
    #[error("the file that {name} names cannot be read: {reason}")]
    VariableFile {
        /// The variable's name.
        name: &'static str,
        /// What the system says.
        reason: String,
    },
    /// An environment variable and the one that names a file for it are both set.
    #[cfg(feature = "app-client")]
    #[error("the environment variables {name} and {file} are both set: set one of them")]
    DuplicateVariable {
        /// The variable that holds the value.
        name: &'static str,
        /// The variable that names a file.
        file: &'static str,
    },
    /// A sign-in has no domain to send browsers to.
    #[cfg(feature = "sign-in")]
    #[error(
        "the app client has no domain to sign in at: give it the user pool's, like \
         `https://auth.example.com`"
    )]
    NoDomain,
    /// The verifier of a sign-in does not accept the tokens of its app client.
    #[cfg(feature = "sign-in")]
    #[error(
        "the verifier does not accept tokens of the app client `{client_id}`: trust it there too"
    )]
    ClientNotTrusted {
        /// The app client's id.
        client_id: String,
    },
    /// A sign-in does not ask for the scope that brings an ID token.
    #[cfg(feature = "sign-in")]
    #[error("the scopes of a sign-in should have `openid` among them")]
    NoOpenIdScope,
    /// A scope cannot be one (RFC 6749 §3.3).
    #[cfg(feature = "sign-in")]
    #[error("`{scope}` is not a scope: it should be visible ASCII without `\"` and `\\`")]
    Scope {
        /// The scope as it was given.
        scope: String,
    },
    /// The path of a sign-in's routes cannot be one.
    #[cfg(feature = "sign-in")]
    #[error("`{path}` is not a path for a sign-in: it should be like `/auth`")]
    SignInPath {
        /// The path as it was given.
        path: String,
    },
    /// A parameter of a protected resource's metadata cannot have this value.
    #[error("`{value}` cannot be in `{parameter}` of a protected resource: {problem}")]
    ResourceMetadata {
        /// The parameter's name, as in RFC 9728 §2.
        parameter: &'static str,
        /// The value as it was given.
        value: String,
        /// What is wrong, and what would be right.
        problem: &'static str,
    },
    /// A verifier requires no audience, so a token that was made for another API would be accepted.
    #[error(
        "the verifier requires no audience, so the resource `{resource}` would accept tokens that \
         were not made for it: set `audience(\"{resource}\")`, and for machine tokens, which have \
         none, `accept_machine_tokens_without_audience()`"
    )]
    NoResourceAudience {
        /// The identifier of the resource.
        resource: String,
    },
    /// A verifier requires another audience than the resource that it protects.
    #[error(
        "the verifier requires the audience `{audience}`, but clients ask for tokens for the \
         resource `{resource}` (RFC 8707): both should be the same"
    )]
    ResourceAudience {
        /// The audiences that the verifier requires, between commas.
        audience: String,
        /// The identifier of the resource.
        resource: String,
    },
    /// A layer does not read the header that the resource's metadata tell clients to send.
    #[error(
        "the layer does not read `Authorization: Bearer`, as the metadata of a resource say that \
         it does: add `TokenSource::bearer()` to `token_from`"
    )]
    NoBearerSource,
}

/// The sentence, as `Display` has it: `fn main() -> Result<(), Box<dyn Error>>` prints an error by its
/// `Debug`.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
