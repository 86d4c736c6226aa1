//! What several files of tests need.

pub(crate) mod alb;
pub(crate) mod answers;
pub(crate) mod at_once;
pub(crate) mod challenge;
pub(crate) mod endpoint;
pub(crate) mod handlers;
pub(crate) mod late_keys;
pub(crate) mod log;
pub(crate) mod member;
pub(crate) mod parts;
pub(crate) mod pools;
pub(crate) mod read;
pub(crate) mod refusals;
pub(crate) mod requests;
pub(crate) mod rig;
pub(crate) mod runtime;
pub(crate) mod send;
pub(crate) mod served;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod texts;
pub(crate) mod tokens;
pub(crate) mod transports;
pub(crate) mod values;
pub(crate) mod verdict;
