use std::time::Duration;

use crate::{JwksError, VerifyError};

pub(crate) fn verified(_: Option<&VerifyError>) {}

#[cfg(feature = "alb")]
pub(crate) fn alb_verified(_: Option<&VerifyError>) {}

pub(crate) fn cached() {}

pub(crate) fn fetched(_: &str, _: Option<&JwksError>) {}

pub(crate) fn keys_fetched(_: &str, _: Duration) {}

pub(crate) fn revocations(_: usize) {}

pub(crate) fn revocations_heard(_: Duration) {}

pub(crate) fn revocations_deaf(_: bool) {}

pub(crate) fn revocations_appended(_: bool) {}

#[cfg(feature = "app-client")]
pub(crate) fn renewed(_: Option<&crate::RenewError>) {}

#[cfg(feature = "app-client")]
pub(crate) fn renewal_shared() {}
