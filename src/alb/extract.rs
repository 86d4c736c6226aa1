use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::AlbClaims;
use super::authenticate::AlbChallenge;
use crate::rejection::{Cause, Rejection};

/// Refuses a request without a sign-in at the load balancer, behind an optional layer.
impl<S: Send + Sync> FromRequestParts<S> for AlbClaims {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let (claims, layer) = claims(parts)?;
        claims.ok_or_else(|| Rejection::new(Cause::NoSignIn, layer.0.clone()))
    }
}

/// `None` without a sign-in at the load balancer, behind an optional layer.
impl<S: Send + Sync> OptionalFromRequestParts<S> for AlbClaims {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        claims(parts).map(|(claims, _)| claims)
    }
}

/// The claims that the layer put there, and its mark.
fn claims(parts: &Parts) -> Result<(Option<AlbClaims>, &AlbChallenge), Rejection> {
    let Some(layer) = parts.extensions.get::<AlbChallenge>() else {
        return Err(Rejection::missing_layer("AlbClaims", "AlbLayer"));
    };
    Ok((parts.extensions.get::<AlbClaims>().cloned(), layer))
}
