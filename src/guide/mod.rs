//! The guide: one page for each question. Its snippets run offline, as tests of the crate.
//!
//! | | |
//! |---|---|
//! | [`web_applications`] | sign-in, sessions and sign-out for a web application |
//! | [`access_or_id_tokens`] | which of the two tokens an API should take |
//! | [`several_pools`] | several user pools, one for each tenant perhaps |
//! | [`scopes_groups_roles`] | who may do what |
//! | [`key_rotation`] | how keys come and go, and what an outage costs |
//! | [`revocation`] | what a local check cannot see, and what to do about it |
//! | [`expired_tokens_and_renewal`] | who renews a token, when, and what a 401 means |
//! | [`testing_your_application`] | a user pool of your own in your tests |
//! | [`testing_sign_in_and_renewal`] | a user pool that signs in, rotates and signs out, in your tests |
//! | [`settings`] | every setting, with its default |
//! | [`observability`] | health checks, logs, metrics |
//! | [`deploying`] | Lambda, containers, load balancers |
//! | [`recipes`] | WebSocket, gRPC, cookies, CORS, logs and more: what matters of each example |
//! | [`from_aws_jwt_verify`] | for those who know `aws-jwt-verify` |
//! | [`from_jwt_authorizer`] | for those who know `jwt-authorizer`, and other crates |
//!
//! The [front page](crate) has all responses in a table.

// Without all features some of the items that the pages link to are not there.
#![cfg_attr(
    not(all(
        feature = "alb",
        feature = "app-client",
        feature = "axum",
        feature = "redis",
        feature = "resource-metadata",
        feature = "sign-in",
        feature = "testing",
        feature = "utoipa"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

macro_rules! pages {
    ($($page:ident),* $(,)?) => { $(
        #[doc = include_str!(concat!(stringify!($page), ".md"))]
        pub mod $page {}
    )* };
}

pages!(
    web_applications,
    access_or_id_tokens,
    several_pools,
    scopes_groups_roles,
    key_rotation,
    expired_tokens_and_renewal,
    testing_your_application,
    testing_sign_in_and_renewal,
    settings,
    observability,
    deploying,
    recipes,
    from_aws_jwt_verify,
    from_jwt_authorizer,
);

#[doc = include_str!("revocation.md")]
///
/// ```rust,ignore
#[doc = include_str!("postgres_log.rs")]
/// ```
pub mod revocation {}
