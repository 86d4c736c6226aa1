//! What a route requires of verified claims.

mod rule;
mod service;

use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use tower_layer::Layer;

use self::rule::Rule;
pub use self::service::{RequireFuture, RequireService};
use crate::CognitoClaims;
use crate::rejection::{Cause, Challenge, Needed, Rejection};

/// A layer that lets a request through if its claims meet a requirement.
///
/// It verifies nothing: it reads the claims that a [`CognitoLayer`](crate::CognitoLayer) outside it
/// inserted. Without that layer every request gets 500; behind an optional layer, a request without a
/// token gets 401. A missing scope gets 403 with the scopes to request; an unmet group or predicate
/// gets 403.
///
/// Its responses need a body that is `From<&'static str>`, as axum's is; a
/// [`CognitoLayer::on_rejection`](crate::CognitoLayer::on_rejection) outside it replaces them.
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
    /// Requires exactly this scope. ID tokens have no scopes.
    ///
    /// A text that no scope can be (RFC 6749 §3.3: visible ASCII without spaces, `"` and `\`), like
    /// two scopes between spaces, admits nobody, and is an error in the log when it is made.
    pub fn scope(scope: impl Into<String>) -> Self {
        Self::all_scopes([scope])
    }

    /// Asks for at least one of these scopes. An empty list admits nobody, and is an error in the log.
    pub fn any_scope<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::rule(Rule::AnyScope(texts(scopes)))
    }

    /// Asks for all of these scopes. An empty list admits nobody, and is an error in the log.
    pub fn all_scopes<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::rule(Rule::AllScopes(texts(scopes)))
    }

    /// Requires exactly this group, in the claim `cognito:groups`.
    pub fn group(group: impl Into<String>) -> Self {
        Self::all_groups([group])
    }

    /// Asks for at least one of these groups. An empty list admits nobody, and is an error in the log.
    pub fn any_group<I: IntoIterator<Item: Into<String>>>(groups: I) -> Self {
        Self::rule(Rule::AnyGroup(texts(groups)))
    }

    /// Asks for all of these groups. An empty list admits nobody, and is an error in the log.
    pub fn all_groups<I: IntoIterator<Item: Into<String>>>(groups: I) -> Self {
        Self::rule(Rule::AllGroups(texts(groups)))
    }

    /// Requires a token of this user pool, for a verifier that trusts several.
    ///
    /// With a pool for each tenant, [`group`](Self::group) asks no pool: an administrator of one tenant
    /// is in `admins` like one of another. Say which pool is meant too:
    ///
    /// ```
    /// use axum_cognito::Require;
    ///
    /// let require = Require::pool("eu-west-1_AbCdEfGhI").and(Require::group("admins"));
    /// # let _ = require;
    /// ```
    ///
    /// A text that is not the id of a pool admits nobody, and is an error in the log. The answer is
    /// 403.
    pub fn pool(user_pool_id: impl Into<String>) -> Self {
        Self::rule(Rule::Pool(user_pool_id.into()))
    }

    /// Requires that the user signed in within this time, as the claim `auth_time` says: for what
    /// somebody at an unlocked computer should not be able to do. Whole seconds. A token without
    /// `auth_time`, a machine's for example, never meets it.
    ///
    /// The answer is 401 with `error="insufficient_user_authentication"` and `max_age` (RFC 9470
    /// §3): the client lets the user sign in with that `max_age` and comes back.
    ///
    /// ```
    /// use axum_cognito::Require;
    /// use std::time::Duration;
    ///
    /// let recent = Require::group("admins").and(Require::signed_in_within(Duration::from_secs(300)));
    /// # let _ = recent;
    /// ```
    pub fn signed_in_within(age: Duration) -> Self {
        Self::rule(Rule::SignedInWithin(age))
    }

    /// Requires that the user was authenticated at one of these levels, as the claim `acr` says,
    /// best first. An empty list admits nobody, and is an error in the log.
    ///
    /// Names of levels have no order that a program could know: name every one that is enough.
    /// Cognito's own are `urn:cognito:loa:1` to `urn:cognito:loa:4`. The answer is 401 with
    /// `error="insufficient_user_authentication"` and `acr_values` (RFC 9470 §3).
    ///
    /// ```
    /// use axum_cognito::Require;
    ///
    /// let strong = Require::acr(["urn:cognito:loa:4", "urn:cognito:loa:3"]);
    /// # let _ = strong;
    /// ```
    pub fn acr<I: IntoIterator<Item: Into<String>>>(levels: I) -> Self {
        Self::rule(Rule::Acr(texts(levels)))
    }

    /// Requires that this function of the claims returns `true`. It must not block.
    ///
    /// Example: [a claim of your own](crate::guide::scopes_groups_roles#anything-else).
    pub fn when<F>(predicate: F) -> Self
    where
        F: Fn(&CognitoClaims) -> bool + Send + Sync + 'static,
    {
        Self::rule(Rule::When(Arc::new(predicate)))
    }

    /// Requires the other requirement too. The first that is not met decides the response; for a missing
    /// scope, the response names all scopes that both need.
    ///
    /// Two nested `Require` layers cannot do this: each names only its own scopes. Combine scope
    /// requirements with `and`.
    pub fn and(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self
    }

    /// A rule that no token can meet admits nobody, and is loud about it.
    fn rule(rule: Rule) -> Self {
        let (rule, problem) = rule.checked();
        if let Some(problem) = problem {
            tracing::error!("{problem}");
        }
        Self { rules: vec![rule] }
    }

    fn check(&self, extensions: &Extensions) -> Result<(), Rejection> {
        let Some(challenge) = extensions.get::<Challenge>() else {
            return Err(Rejection::missing_layer("`Require`", "CognitoLayer"));
        };
        let refuse = |cause| Rejection::new(cause, challenge.clone());
        let claims = extensions.get::<CognitoClaims>().ok_or_else(|| refuse(Cause::NoToken))?;
        let now = challenge.now();
        let unmet = self.rules.iter().find(|rule| !rule.is_met(claims, now));
        let is_hopeless = || self.rules.iter().any(Rule::is_never_met);
        match unmet {
            None => Ok(()),
            // Whatever the client gets, it would not come through.
            Some(_) if is_hopeless() => Err(refuse(Cause::Forbidden)),
            Some(rule) if rule.asks_for_scopes() => Err(refuse(self.needed_scopes(claims))),
            Some(rule) if rule.needed_sign_in().is_some() => Err(refuse(self.needed_sign_in())),
            Some(_) => Err(refuse(Cause::Forbidden)),
        }
    }

    /// All that the route needs of a sign-in, so that the next one comes through (RFC 9470 §3): the
    /// shortest of several ages, and the levels that satisfy every rule.
    fn needed_sign_in(&self) -> Cause {
        let mut needed = Needed::default();
        for rule in self.rules.iter().filter_map(Rule::needed_sign_in) {
            needed.narrow(rule);
        }
        // Two rules whose levels have none in common.
        if needed.acr_values.as_deref() == Some("") {
            return Cause::Forbidden;
        }
        Cause::Authentication(needed)
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
