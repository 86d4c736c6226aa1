//! The protected resource, as its metadata tell clients of it (RFC 9728).

mod builder;
mod identifier;
mod metadata;
mod route;

use axum::Router;
use axum::body::Body;

pub use self::builder::ProtectedResourceBuilder;
use self::builder::first_issuers;
use self::identifier::Identifier;
use self::metadata::Metadata;
use crate::RespondToRejection;
use crate::{CognitoLayer, ConfigError, JwksCache};

/// An API that tells clients where to get a token: it serves its OAuth 2.0 Protected Resource
/// Metadata (RFC 9728), and names their address in each challenge.
///
/// A client that knows nothing but the API's URL, like one of the Model Context Protocol, reads
/// the address from the first 401, there the pool's issuer, and there the pool's endpoints.
///
/// ```
/// # async fn mcp() {}
/// use axum::{Router, routing::post};
/// use axum_cognito::{CognitoLayer, CognitoVerifier, ProtectedResource, UserPool};
///
/// let resource = ProtectedResource::builder("https://api.example.com/mcp")
///     .scopes_supported(["https://api.example.com/mcp/tools"])
///     .resource_name("Orders")
///     .build()?;
/// let verifier = CognitoVerifier::builder()
///     .trust(UserPool::new("us-east-1_AbCdEfGhI")?, "my-client-id")
///     .audience(resource.identifier())
///     .build()?;
/// let routes = Router::new().route("/mcp", post(mcp));
/// let app: Router = resource.protect(routes, CognitoLayer::new(verifier))?;
/// assert_eq!(
///     resource.metadata_url(),
///     "https://api.example.com/.well-known/oauth-protected-resource/mcp",
/// );
/// # let _ = app;
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
///
/// # Cognito as the authorization server
///
/// - **Discovery.** A pool serves `<issuer>/.well-known/openid-configuration` (OpenID Connect
///   Discovery), and nothing under the names of RFC 8414. The Model Context Protocol has its
///   clients try both. The endpoints in it work once the pool has a domain.
/// - **PKCE.** A pool supports `S256`, but its configuration has no
///   `code_challenge_methods_supported`. The protocol has a client refuse such a server: some do,
///   its own SDKs for Python and TypeScript go on. For those that refuse put a proxy before the
///   pool that adds the member and has an issuer of its own, and name it in
///   [`authorization_server_urls`](ProtectedResourceBuilder::authorization_server_urls).
/// - **Clients.** A pool registers none by itself (no `registration_endpoint`): give each client
///   the id of an app client.
/// - **Audience.** Clients send the identifier as `resource` (RFC 8707). The managed login of a
///   pool of the plan Essentials or Plus makes it the `aud` of the access token, if it is an https
///   URL or one of `http://localhost` (not `127.0.0.1`). Require it with
///   [`audience`](crate::CognitoVerifierBuilder::audience), as above: [`protect`](Self::protect)
///   insists on it, for without it a token that is bound to no API would be accepted too. Machine
///   tokens have no `aud`: a verifier that is to accept them says so, with
///   [`accept_machine_tokens_without_audience`](crate::CognitoVerifierBuilder::accept_machine_tokens_without_audience).
///
/// Sources: [the protocol's authorization][mcp], [Cognito's endpoints][endpoints], [resource
/// binding][binding].
///
/// [mcp]: https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
/// [endpoints]: https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
/// [binding]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    identifier: Identifier,
    metadata: Metadata,
}

impl ProtectedResource {
    /// The resource with this identifier: the URL that its clients use, to the letter.
    ///
    /// The document has the identifier, `bearer_methods_supported` and, by
    /// [`protect`](Self::protect), the authorization servers; [`builder`](Self::builder) adds more.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] if it is not an https URL (or http to a loopback host) without query
    /// and fragment (RFC 9728 §1.2), or not one that every URL parser leaves as it is, for clients
    /// compare it as text (§3.3): host in lower case, no default port, no `..` in the path.
    pub fn new(identifier: &str) -> Result<Self, ConfigError> {
        Self::builder(identifier).build()
    }

    /// The resource with this identifier, and with more to say of it.
    pub fn builder(identifier: &str) -> ProtectedResourceBuilder {
        ProtectedResourceBuilder::new(identifier)
    }

    /// The identifier: `resource` of the metadata, and what a token's `aud` should be (RFC 8707).
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier.url
    }

    /// Where the metadata are: `/.well-known/oauth-protected-resource` between the host and the
    /// path of the identifier (RFC 9728 §3.1).
    #[must_use]
    pub fn metadata_url(&self) -> &str {
        &self.identifier.metadata_url
    }

    /// The metadata as JSON (RFC 9728 §2), as [`router`](Self::router) serves them.
    #[must_use]
    pub fn metadata(&self) -> String {
        self.metadata.to_json()
    }

    /// These routes behind this layer, and the metadata beside them, for everyone to read.
    ///
    /// The layer's challenges name the [`metadata_url`](Self::metadata_url), in the place of one
    /// that was set. Without authorization servers of its own the resource names the first issuer
    /// of each pool that the layer trusts. Merge the router at the root of the application and
    /// nest it nowhere: the path of the metadata begins at the host.
    ///
    /// A client in a browser reads the challenge only if a CORS layer around all of it has
    /// `WWW-Authenticate` in `Access-Control-Expose-Headers`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]: what [`CognitoLayer::build`] finds; a verifier that does not require the
    /// identifier as an [`audience`](crate::CognitoVerifierBuilder::audience); a layer that does not
    /// read `Authorization: Bearer`.
    pub fn protect<S, R>(
        &self,
        routes: Router<S>,
        layer: CognitoLayer<R>,
    ) -> Result<Router<S>, ConfigError>
    where
        S: Clone + Send + Sync + 'static,
        R: RespondToRejection<Body> + Send + Sync + 'static,
    {
        let layer = layer.resource_metadata(self.metadata_url()).build()?;
        self.check(&layer)?;
        let mut resource = self.clone();
        if resource.metadata.authorization_servers.is_empty() {
            let pools = layer.verifier().keys().iter().map(JwksCache::user_pool);
            resource.metadata.authorization_servers = first_issuers(pools);
        }
        Ok(routes.layer(layer).merge(resource.router()))
    }

    /// A router that serves the metadata at the path of [`metadata_url`](Self::metadata_url), to
    /// GET and HEAD of every origin, cacheable for five minutes.
    ///
    /// For routes that [`protect`](Self::protect) does not fit: give the layer the same address by
    /// [`CognitoLayer::resource_metadata`], and the builder the authorization servers.
    pub fn router<S>(&self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        route::router(&self.identifier.metadata_path, self.metadata())
    }

    /// Whether a token that a client gets by these metadata is one that the layer looks for.
    fn check<R>(&self, layer: &CognitoLayer<R>) -> Result<(), ConfigError> {
        if !layer.reads_bearer() {
            return Err(ConfigError::NoBearerSource);
        }
        let (audiences, resource) = (layer.verifier().audiences(), self.identifier().to_owned());
        if audiences.is_empty() {
            return Err(ConfigError::NoResourceAudience { resource });
        }
        if !audiences.contains(&resource) {
            return Err(ConfigError::ResourceAudience { audience: audiences.join(","), resource });
        }
        Ok(())
    }
}
