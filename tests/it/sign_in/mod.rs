//! Sign-in for a web application: what a browser sees, and what somebody who attacks it gets.

mod attacks;
mod browser;
mod callback;
mod config;
mod conformance;
mod destination;
mod flow;
mod outage;
mod renewal;
mod rig;
mod sign_out;
mod step_up;
mod store;
mod sub_path;

/// Where browsers find the application.
const ADDRESS: &str = "https://app.example.com";
const SESSION_COOKIE: &str = "__Host-Http-session";
