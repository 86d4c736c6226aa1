//! What is counted: with the feature `metrics` through the facade of that crate, else nothing.

#[cfg_attr(feature = "metrics", path = "recording.rs")]
#[cfg_attr(not(feature = "metrics"), path = "silent.rs")]
mod facade;

#[cfg(feature = "alb")]
pub(crate) use self::facade::alb_verified;
pub(crate) use self::facade::{
    cached, fetched, keys_fetched, revocations, revocations_appended, revocations_deaf,
    revocations_heard, verified,
};
#[cfg(feature = "app-client")]
pub(crate) use self::facade::{renewal_shared, renewed};
