//! What a route asks of claims that are verified already.

mod rule;
mod service;

use std::sync::Arc;

use http::Extensions;
use tower_layer::Layer;

use self::rule::Rule;
pub use self::service::{RequireFuture, RequireService};
use crate::CognitoClaims;
use crate::rejection::{Cause, Challenge, Rejection};

/// A layer that lets a request through if its claims meet a requirement.
///
/// It verifies nothing: a [`CognitoLayer`](crate::CognitoLayer) outside of it has put the claims
/// there. Without that layer every request gets 500; behind an optional one a request without a
/// token gets 401. An unmet scope gets 403 with the scope to ask for; an unmet group or predicate
/// gets 403.
///
/// Its answers want a response body that is `From<&'static str>`, as axum's is; a
/// [`CognitoLayer::on_rejection`](crate::CognitoLayer::on_rejection) outside of it replaces them.
///
/// ```
/// # async fn list() {}
/// # async fn admin() {}
/// # fn example(verifier: axum_cognito::CognitoVerifier) -> axum::Router {
/// use axum::{Router, routing::get};
/// use axum_cognito::{CognitoLayer, Require};
///
/// Router::new()
///     .route("/admin", get(admin))
///     .route_layer(Require::group("admins").and(Require::scope("orders/write")))
///     .route("/orders", get(list))
///     .layer(CognitoLayer::new(verifier))
/// # }
/// ```
///
/// Examples with their answers: [scopes, groups, roles](crate::guide::scopes_groups_roles#for-a-route).
#[derive(Clone, Debug)]
#[must_use]
pub struct Require {
    rules: Vec<Rule>,
}

impl Require {
    /// Asks for exactly this scope. An ID token has no scopes.
    pub fn scope(scope: impl Into<String>) -> Self {
        Self::all_scopes([scope])
    }

    /// Asks for at least one of these scopes; without any, nobody comes through.
    pub fn any_scope<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::rule(Rule::AnyScope(texts(scopes)))
    }

    /// Asks for all of these scopes; without any, every token comes through.
    pub fn all_scopes<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::rule(Rule::AllScopes(texts(scopes)))
    }

    /// Asks for exactly this group: the claim `cognito:groups`.
    pub fn group(group: impl Into<String>) -> Self {
        Self::all_groups([group])
    }

    /// Asks for at least one of these groups; without any, nobody comes through.
    pub fn any_group<I: IntoIterator<Item: Into<String>>>(groups: I) -> Self {
        Self::rule(Rule::AnyGroup(texts(groups)))
    }

    /// Asks for all of these groups; without any, every token comes through.
    pub fn all_groups<I: IntoIterator<Item: Into<String>>>(groups: I) -> Self {
        Self::rule(Rule::AllGroups(texts(groups)))
    }

    /// Asks whatever you like. It must not block.
    ///
    /// Example: [a claim of your own](crate::guide::scopes_groups_roles#anything-else).
    pub fn when<F>(predicate: F) -> Self
    where
        F: Fn(&CognitoClaims) -> bool + Send + Sync + 'static,
    {
        Self::rule(Rule::When(Arc::new(predicate)))
    }

    /// Asks for the other requirement too. The first that is not met decides the answer; if it asks
    /// for scopes, the answer names all that a token needs for both.
    ///
    /// Two layers, one in the other, cannot: join what asks for scopes.
    pub fn and(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self
    }

    fn rule(rule: Rule) -> Self {
        Self { rules: vec![rule] }
    }

    fn check(&self, extensions: &Extensions) -> Result<(), Rejection> {
        let Some(challenge) = extensions.get::<Challenge>() else {
            return Err(Rejection::missing_layer("`Require`", "CognitoLayer"));
        };
        let refuse = |cause| Rejection::new(cause, challenge.clone());
        let claims = extensions.get::<CognitoClaims>().ok_or_else(|| refuse(Cause::NoToken))?;
        let unmet = self.rules.iter().find(|rule| !rule.is_met(claims));
        match unmet {
            None => Ok(()),
            Some(rule) if rule.asks_for_scopes() => Err(refuse(self.needed_scopes(claims))),
            Some(_) => Err(refuse(Cause::Forbidden)),
        }
    }

    /// All the scopes that the route needs of this token, so that a client that asks for them comes
    /// through (RFC 6750 §3.1).
    fn needed_scopes(&self, claims: &CognitoClaims) -> Cause {
        let mut scopes = Vec::new();
        for scope in self.rules.iter().flat_map(|rule| rule.needed_scopes(claims)) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        Cause::Scope(scopes.join(" ").into())
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService::new(inner, Arc::new(self.clone()))
    }
}

fn texts<I: IntoIterator<Item: Into<String>>>(texts: I) -> Arc<[String]> {
    texts.into_iter().map(Into::into).collect()
}
