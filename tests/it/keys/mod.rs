//! The key cache: when keys are fetched, kept, replaced and given up.

mod aged;
mod cached;
mod clock;
mod flight;
mod flood;
mod freshness;
mod gate;
mod issuers;
mod lost;
mod no_runtime;
mod outage;
mod pools;
mod refresh;
mod retry;
mod rotation;
mod states;
mod status;
mod token_cache;
